import { type Check, DesiredState, DriftState, type ReportCheckRequest } from '@tidegate/sync-link';

import type { DueCheck } from './claim-check.ts';
import type { Checked } from './store-check.ts';

/** The words of sync.proto about comparisons to ours and back. Pure. */
export function checkMessage({ desiredState, ...due }: DueCheck): Check {
  return { ...due, desired: desiredState === 'deployed' ? DesiredState.DEPLOYED : DesiredState.UNDEPLOYED };
}

const DIFFERENCES_MAX = 100;
const TEXT_CHARS_MAX = 2000;

/** A state from the future is no knowledge. */
export function checkedOf(request: ReportCheckRequest): Checked {
  const { apiId, fencingToken, generation, message, differences, fingerprint } = request;
  return {
    apiId,
    fencingToken,
    generation,
    state: STATES.get(request.state) ?? 'unknown',
    message: message === '' ? null : message.slice(0, TEXT_CHARS_MAX),
    differences: differences.slice(0, DIFFERENCES_MAX).map(({ path, base, ours, theirs }) => ({
      path: path.slice(0, TEXT_CHARS_MAX),
      base: textOf(base),
      ours: textOf(ours),
      theirs: textOf(theirs),
    })),
    fingerprint: fingerprint.slice(0, 200),
  };
}

const STATES: ReadonlyMap<DriftState, Checked['state']> = new Map([
  [DriftState.IN_SYNC, 'in_sync'],
  [DriftState.OUT_OF_SYNC, 'out_of_sync'],
] as const);

function textOf(text: string | undefined): string | null {
  return text === undefined ? null : text.slice(0, TEXT_CHARS_MAX);
}
