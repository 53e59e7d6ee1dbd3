import { hash } from 'node:crypto';

import { type Check, DesiredState, type Difference, DriftState } from '@tidegate/sync-link';
import { z } from 'zod';

import type { CallLimits } from '../apim/answer.ts';
import type { PublishedApi, Publisher } from '../apim/publisher.ts';
import { type Content, contentOf, exportedContent, type ExportOptions } from '@tidegate/rest-api/apim';
import { exportDocument } from '../sync/export-work.ts';
import { compareContents } from './compare-contents.ts';

export interface Drift {
  readonly state: DriftState;
  readonly message: string;
  readonly differences: readonly Difference[];
  readonly fingerprint: string;
}

/**
 * Two reads: the API and its deployed revisions. While they are as they were when the copy was last found in sync, that is the answer;
 * else its content is compared with what was pushed. Whatever cannot be read is unknown, never in sync.
 */
export async function checkDrift(check: Check, publisher: Publisher, options: ExportOptions, limits: CallLimits): Promise<Drift> {
  const read = await publisher.read(check.remoteId, limits);
  if (!read.ok) return unknown(read.failure.message);
  const revisions = await publisher.deployedRevisions(check.remoteId, limits);
  if (!revisions.ok) return unknown(revisions.failure.message);
  const api = read.value;
  const deployed = revisions.value;
  if (check.desired === DesiredState.UNDEPLOYED) {
    return deployed.length === 0
      ? inSync('')
      : outOfSync([deployment('undeployed', deployed.join(', '))], 'Somebody deployed it in APIM');
  }
  if (api === null) return outOfSync([deployment('deployed', undefined)], 'Somebody deleted it in APIM');
  if (deployed.length === 0) return outOfSync([deployment('deployed', undefined)], 'Somebody undeployed it in APIM');
  const fingerprint = fingerprintOf(api, deployed);
  if (check.fingerprint !== '' && check.fingerprint === fingerprint) return inSync(fingerprint);
  const exported = exportDocument(check.documentJson, options);
  const ours = 'failure' in exported ? null : exportedContent(exported.api);
  const base = baseOf(check.baseJson) ?? ours;
  if (base === null) return unknown('What was pushed is not known any more');
  const theirs = contentOf(api.content);
  const differences = compareContents(base, ours ?? base, theirs, (path) => isSaid(path, api));
  return differences.length === 0 ? inSync(fingerprint) : outOfSync(differences, 'Somebody changed it in APIM');
}

/** Changes with every save and every deployment in APIM. */
function fingerprintOf({ updatedAt, content, marks }: PublishedApi, deployed: readonly string[]): string {
  return hash('sha256', JSON.stringify([updatedAt, contentOf(content), marks, [...deployed].sort()]));
}

/** An answer without policies or operations says nothing about them, which differs from having none. */
function isSaid(path: string, { content }: PublishedApi): boolean {
  if (path === 'context') return typeof content.context === 'string';
  if (path.startsWith('endpoint.')) return content.endpointConfig !== undefined && content.endpointConfig !== null;
  if (path === 'policies') return Array.isArray(content.apiHubPolicies);
  return Array.isArray(content.operations);
}

function baseOf(json: string): Content | null {
  if (json === '') return null;
  try {
    return z.record(z.string(), z.string()).parse(JSON.parse(json));
  } catch {
    return null;
  }
}

const NO_DIFFERENCES = { differences: [], fingerprint: '' } as const;

function unknown(message: string): Drift {
  return { state: DriftState.UNKNOWN, message, ...NO_DIFFERENCES };
}

function inSync(fingerprint: string): Drift {
  return { state: DriftState.IN_SYNC, message: '', differences: [], fingerprint };
}

function outOfSync(differences: readonly Difference[], message: string): Drift {
  return { state: DriftState.OUT_OF_SYNC, message, differences, fingerprint: '' };
}

function deployment(wanted: 'deployed' | 'undeployed', theirs: string | undefined): Difference {
  return { path: 'deployment', base: wanted, ours: wanted, theirs };
}
