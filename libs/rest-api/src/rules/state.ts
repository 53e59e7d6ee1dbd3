import type { SoundDocument } from '../sound.ts';
import type { Report } from './report.ts';

/** Both spellings of the wanted state may be given, but not against each other (decision 4). */
export function stateRules({ spec }: SoundDocument, report: Report): void {
  const { desiredState, deploymentState } = spec ?? {};
  if (desiredState === undefined || deploymentState === undefined || desiredState === deploymentState) return;
  report(
    'spec.desiredState',
    'contradiction',
    `spec.desiredState '${desiredState}' contradicts spec.deploymentState '${deploymentState}'; give only one of them`,
  );
}
