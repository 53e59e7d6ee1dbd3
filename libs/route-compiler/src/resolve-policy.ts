import { compileCondition, type PolicyDefinition } from '@tidegate/policy-sdk';
import { type Diagnostic, issuesToDiagnostics, type PolicyAttachment } from '@tidegate/rest-api';

import { coerceParams } from './coerce-params.ts';

export type ResolvedPolicy =
  | { readonly ok: true; readonly definition: PolicyDefinition; readonly params: unknown }
  | { readonly ok: false; readonly diagnostics: Diagnostic[] };

/**
 * Finds the definition an attachment means and checks its parameters. Parameters come back checked, with strings turned into
 * numbers or booleans where the schema wants them, and defaults filled in. Source: reference management-api §2.7.
 */
export function resolvePolicy(
  attachment: PolicyAttachment,
  path: string,
  definitions: readonly PolicyDefinition[],
): ResolvedPolicy {
  const diagnostics: Diagnostic[] = [];
  const condition = attachment.executionCondition ?? '';
  const checked = condition === '' ? null : compileCondition(condition);
  if (checked?.ok === false) {
    diagnostics.push({
      path: `${path}.executionCondition`,
      code: 'invalid_condition',
      message: `executionCondition ${checked.message}`,
    });
  }
  const found = findDefinition(attachment, definitions);
  if (!found.ok)
    return { ok: false, diagnostics: [{ path: `${path}.version`, code: found.code, message: found.message }, ...diagnostics] };
  const { definition } = found;
  const params = coerceParams(definition.params, attachment.params ?? {});
  diagnostics.push(...issuesToDiagnostics(definition.params, params, `${path}.params`));
  if (diagnostics.length > 0) return { ok: false, diagnostics };
  return { ok: true, definition, params: definition.params.parse(params) };
}

type Found =
  | { readonly ok: true; readonly definition: PolicyDefinition }
  | { readonly ok: false; readonly code: string; readonly message: string };

function findDefinition({ name, version = '' }: PolicyAttachment, definitions: readonly PolicyDefinition[]): Found {
  const problem = versionProblem(name, version);
  if (problem !== null) return { ok: false, code: 'invalid_format', message: problem };
  const named = definitions.filter((definition) => definition.name === name);
  if (named.length === 0)
    return { ok: false, code: 'unknown_policy', message: `policy '${name}' not found in loaded policy definitions` };
  const wanted = version === '' ? highestVersion(named) : version;
  const [definition, ...others] = named.filter((candidate) => candidate.version === wanted);
  if (definition === undefined) {
    return {
      ok: false,
      code: 'unknown_policy',
      message: `policy '${name}' major version '${wanted}' not found in loaded policy definitions`,
    };
  }
  if (others.length === 0) return { ok: true, definition };
  return {
    ok: false,
    code: 'ambiguous',
    message: `multiple matching versions for policy '${name}' major '${wanted}'; cannot resolve uniquely`,
  };
}

function versionProblem(name: string, version: string): string | null {
  if (version === '' || /^v\d+$/.test(version)) return null;
  if (/^v?\d+\.\d+\.\d+/.test(version)) {
    return `policy '${name}' version must be major-only (e.g., v1); full semantic version (e.g., v1.0.0) is not allowed`;
  }
  return `invalid version format '${version}' for policy '${name}'; expected major-only version (e.g., v1)`;
}

function highestVersion(definitions: readonly PolicyDefinition[]): string {
  const majors = definitions.map(({ version }) => Number(version.slice(1)));
  return `v${Math.max(...majors)}`;
}
