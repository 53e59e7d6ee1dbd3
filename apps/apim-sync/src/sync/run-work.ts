import type { Logger } from '@tidegate/process';
import { Link, type Work } from '@tidegate/sync-link';

import type { Publisher } from '../apim/publisher.ts';
import { type ExportedApi, exportedContent, type ExportOptions, type Loss } from '@tidegate/rest-api/apim';
import { packArchive } from '../archive/pack-archive.ts';
import { type Failure, failure } from './classify.ts';
import { exportWork, STATES } from './export-work.ts';
import type { Lease } from './lease.ts';
import { lookUp } from './look-up.ts';
import { type ApimStep, type Desired, type Known, planApimSync } from './plan.ts';

export interface WorkDone {
  /** null = APIM is as wanted */
  readonly failure: Failure | null;
  /** What is known to be in APIM now */
  readonly link: Link;
  readonly losses: readonly Loss[];
  /** An import or undeploy was really sent */
  readonly tried: boolean;
}

export interface WorkTools {
  readonly publisher: Publisher;
  readonly export: ExportOptions;
  /** Longest time one exchange takes */
  readonly httpTimeoutMs: number;
  readonly logger: Logger;
}

/**
 * One claim from document to outcome: export, look, plan, act. Facts about APIM are kept whatever happens after them, so that a
 * failure at the second step does not forget the first. Answers null when the lease was lost: then nothing is known better than the
 * next holder will know it.
 */
export async function runWork(work: Work, lease: Lease, tools: WorkTools): Promise<WorkDone | null> {
  const { logger } = tools;
  const facts: Facts = { link: { ...Link.create(), ...work.link }, tried: false };
  const done = (cause: Failure | null, losses: readonly Loss[] = []): WorkDone => {
    const dirty = facts.link.dirty || cause?.outcomeUnknown === true;
    return { failure: cause, link: { ...facts.link, dirty }, losses, tried: facts.tried };
  };

  const source = exportWork(work, tools.export);
  if ('failure' in source) {
    logger.warn({ apiId: work.apiId, reason: source.failure.message }, 'Bottom-up sync: failed to export API as zip');
    return done(source.failure);
  }
  const { api } = source;
  const losses = api?.losses ?? [];
  const desired: Desired = {
    state: STATES.get(work.desired) ?? 'deployed',
    apiId: work.apiId,
    generation: work.generation,
    hash: api?.hash ?? '',
  };
  const known: Known = { ...facts.link, lastAttempt: work.attempts + 1 >= work.attemptsMax };

  let steps = planApimSync(desired, known, null);
  if (steps.length === 0) logger.info({ apiId: work.apiId }, 'Bottom-up sync: API was never synced to APIM, skipping undeploy');
  if (steps[0]?.kind === 'look-up') {
    if (!(await lease.ensure(tools.httpTimeoutMs))) return null;
    const seen = await lookUp(
      tools.publisher,
      { name: work.displayName, version: work.version, remoteId: facts.link.remoteId },
      lease,
    );
    if (!seen.ok) return done(seen.failure, losses);
    steps = planApimSync(desired, known, seen.value);
    // From here on what is in APIM is known, and only what is sent next can make it unknown again; unless nothing was seen where
    // something may be: APIM's search lags behind its writes.
    facts.link = {
      ...facts.link,
      dirty: facts.link.dirty && seen.value.byName === null,
      ...deployedAsSeen(seen.value.byName?.deployedRevisions ?? seen.value.byId?.deployedRevisions),
    };
  }
  for (const step of steps) {
    if (!(await lease.ensure(tools.httpTimeoutMs))) return facts.tried ? done(LEASE_LOST, losses) : null;
    const cause = await take(step, work, api, facts, lease, tools);
    if (cause !== null) return done(cause, losses);
  }
  return done(null, losses);
}

interface Facts {
  link: Link;
  tried: boolean;
}

const LEASE_LOST = failure('retryable', 'lease_over', 'The lease was lost between two steps');

/** Facts change the moment an answer is read; null = done. */
async function take(
  step: ApimStep,
  work: Work,
  api: ExportedApi | null,
  facts: Facts,
  lease: Lease,
  tools: WorkTools,
): Promise<Failure | null> {
  switch (step.kind) {
    case 'look-up':
      return null;
    case 'refuse':
      // Asking APIM in vain for what may be there is an attempt: after enough of them it is believed, and until then nothing is known.
      facts.tried ||= step.class === 'retryable';
      return { ...failure(step.class, step.code, step.message), outcomeUnknown: step.class === 'retryable' };
    case 'adopt':
      tools.logger.info(
        { apiId: work.apiId, id: step.remoteId, generation: work.generation },
        'Bottom-up sync: API is in APIM already, nothing to push',
      );
      facts.link = pushedLink(facts.link, step.remoteId, step.revision, work.generation, api);
      return null;
    case 'undeploy':
      return undeploy(step, work, facts, lease, tools);
    case 'import':
      return api === null ? null : push(step.published, work, api, facts, lease, tools);
  }
}

async function push(
  published: string | null,
  work: Work,
  api: ExportedApi,
  facts: Facts,
  lease: Lease,
  { publisher, httpTimeoutMs, logger }: WorkTools,
): Promise<Failure | null> {
  const definition = published === null ? null : await publishedDefinition(published, work, lease, publisher, logger);
  // That may have taken as long as an exchange may, which is what was ensured for the import.
  if (!(await lease.ensure(httpTimeoutMs))) return LEASE_LOST;
  const archive = packArchive(api, { apiId: work.apiId, generation: work.generation, published: definition });
  logger.info(
    { apiId: work.apiId, name: api.name, version: api.version, generation: work.generation, bytes: archive.length },
    'Importing API to on-prem APIM',
  );
  const imported = await publisher.importArchive(`${work.apiId}.zip`, archive, lease);
  facts.tried ||= imported.ok || !imported.failure.notSent;
  if (!imported.ok) {
    logger.warn(
      { apiId: work.apiId, code: imported.failure.code, reason: imported.failure.message },
      'API import to on-prem APIM failed',
    );
    return imported.failure;
  }
  const { id, revision } = imported.value;
  logger.info({ apiId: work.apiId, id, revision }, 'Successfully imported API to on-prem APIM');
  facts.link = pushedLink(facts.link, id, revision, work.generation, api);
  return null;
}

/** Nice to have: without it operations are described by what the document says of them. */
async function publishedDefinition(
  id: string,
  work: Work,
  lease: Lease,
  publisher: Publisher,
  logger: Logger,
): Promise<string | null> {
  logger.debug({ apiId: work.apiId, id }, 'Fetching swagger from APIM');
  const found = await publisher.definition(id, lease);
  if (found.ok) return found.value;
  logger.warn(
    { apiId: work.apiId, id, reason: found.failure.message },
    'Bottom-up sync: failed to fetch swagger from APIM, falling back to local generation',
  );
  return null;
}

async function undeploy(
  { remoteId, revision }: Extract<ApimStep, { kind: 'undeploy' }>,
  work: Work,
  facts: Facts,
  lease: Lease,
  { publisher, logger }: WorkTools,
): Promise<Failure | null> {
  logger.info({ apiId: work.apiId, id: remoteId, revision }, 'Undeploying API revision from APIM');
  const undeployed = await publisher.undeployRevision(remoteId, revision, lease);
  facts.tried ||= undeployed.ok || !undeployed.failure.notSent;
  if (!undeployed.ok) {
    logger.warn(
      { apiId: work.apiId, code: undeployed.failure.code, reason: undeployed.failure.message },
      'Bottom-up sync: undeploy attempt failed',
    );
    return undeployed.failure;
  }
  // Perhaps its import's answer never came, and this look was the first to tell its id.
  facts.link = { ...facts.link, remoteId: facts.link.remoteId || remoteId, remoteDeployed: false };
  return null;
}

function pushedLink(link: Link, remoteId: string, remoteRevision: string, generation: number, api: ExportedApi | null): Link {
  return {
    ...link,
    remoteId,
    remoteRevision,
    remoteDeployed: true,
    pushedGeneration: generation,
    pushedHash: api?.hash ?? '',
    pushedContentJson: api === null ? '' : JSON.stringify(exportedContent(api)),
    dirty: false,
  };
}

function deployedAsSeen(revisions: readonly string[] | undefined): { remoteDeployed?: boolean } {
  return revisions === undefined ? {} : { remoteDeployed: revisions.length > 0 };
}
