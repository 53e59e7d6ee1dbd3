import type { PolicyAttachment } from '../document.ts';

import { uuidV5Dns } from './uuid-v5.ts';

export interface HubPolicy {
  readonly policyName: string;
  readonly policyId: string;
  readonly policyVersion: string;
  readonly policyType: null;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** Our policies as APIM's policy hub writes them (reference §4.4). The id only has to be stable and not blank. */
export function hubPolicies(policies: readonly PolicyAttachment[] | undefined): HubPolicy[] {
  return (policies ?? []).map(({ name, version = '', params = {} }) => {
    const policyVersion = hubVersion(version);
    return {
      policyName: name,
      policyId: uuidV5Dns(`apim:policy:${name}:${policyVersion}`),
      policyVersion,
      policyType: null,
      parameters: params,
    };
  });
}

/** `v1` → `1.0`, `v0.1` → `0.1`, `1.0.2` → `1.0.2`, none → `1.0`. */
export function hubVersion(version: string): string {
  const bare = version.startsWith('v') ? version.slice(1) : version;
  if (bare === '') return '1.0';
  return bare.includes('.') ? bare : `${bare}.0`;
}
