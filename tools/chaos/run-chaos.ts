import { waitFor } from '@tidegate/testkit';

import { seededRandom } from '../../apps/apim-simulator/src/control/seeded-random.ts';
import { plainApi, type StackClient } from '../../test/stack-client.ts';
import type { Stack } from '../dev/stack.ts';
import { checkHistory, type HeldApi, type Violation, type WantedApi } from './check-history.ts';
import { createImportTally } from './import-tally.ts';

export interface ChaosOptions {
  readonly ops: number;
  readonly seed: number;
  /** APIs the operations are about */
  readonly apis: number;
  /** One kill −9 after so many operations, on average */
  readonly opsPerKill: number;
  /** For everything to come right after the last fault */
  readonly settleMs: number;
  readonly say: (line: string) => void;
}

export interface ChaosResult {
  readonly violations: readonly Violation[];
  readonly accepted: number;
  readonly ambiguous: number;
  readonly kills: number;
  /** From the last fault to everything right */
  readonly settledMs: number;
}

/**
 * Random writes while processes are killed and APIM misbehaves; then the faults end, and what was acknowledged must be what APIM has.
 * One writer: the order of writes is known, and a write whose answer was lost is read back before the next.
 */
export async function runChaos(stack: Stack, client: StackClient, options: ChaosOptions): Promise<ChaosResult> {
  const random = seededRandom(options.seed);
  const model = new Map<string, WantedApi>();
  const imports = new Map<string, number>();
  let accepted = 0;
  let ambiguous = 0;
  let kills = 0;
  const tally = createImportTally(client);
  const victims = VICTIMS.filter((name) => stack.processes.has(name));
  await misbehave(client, options.seed);
  for (let op = 0; op < options.ops; op++) {
    const name = `Chaos${Math.floor(random() * options.apis)}`;
    const known = model.get(name) ?? { name, ids: [], last: null, status: null };
    const { method, path, body } = nextWrite(known, random());
    imports.set(name, (imports.get(name) ?? 0) + 1);
    const status = await client.manage(method, path, body).then(
      (answer) => answer.status,
      () => 0,
    );
    if (status >= 200 && status < 300) accepted += 1;
    else ambiguous += 1;
    model.set(name, await readBack(client, known));
    if (random() < 1 / options.opsPerKill) {
      const victim = victims[Math.floor(random() * victims.length)] as string; // an index below its length
      kills += 1;
      options.say(`op ${op}: kill -9 ${victim}`);
      await stack.process(victim).kill('SIGKILL');
    }
    if (op % OPS_PER_READING === OPS_PER_READING - 1) await tally.read();
  }
  await client.clearRules();
  const endedAt = performance.now();
  await tally.read();
  const revisionsMax = (name: string): number => (imports.get(name) ?? 0) + tally.unknown() + kills;
  const violations = await settle(client, model, revisionsMax, options.settleMs);
  return { violations, accepted, ambiguous, kills, settledMs: Math.round(performance.now() - endedAt) };
}

const VICTIMS = ['apim-sync', 'apim-sync', 'gateway-controller', 'router-1', 'redis', 'postgres'] as const;
const OPS_PER_READING = 50;

/** About three calls in ten go wrong, before and after they took effect; some imports land long after their client gave up. */
async function misbehave(client: StackClient, seed: number): Promise<void> {
  const faults = [
    { endpoint: 'any', fault: { kind: 'status', status: 503, retry_after: '1' }, chance: 0.06 },
    { endpoint: 'any', fault: { kind: 'status', status: 500 }, chance: 0.05 },
    { endpoint: 'any', fault: { kind: 'reset' }, chance: 0.05 },
    { endpoint: 'import', fault: { kind: 'commit-then-reset' }, chance: 0.08 },
    { endpoint: 'import', fault: { kind: 'commit-then-status', status: 502 }, chance: 0.05 },
    { endpoint: 'import', fault: { kind: 'garbage' }, chance: 0.05 },
    { endpoint: 'import', fault: { kind: 'late', ms: 2500 }, chance: 0.1 },
    { endpoint: 'undeploy', fault: { kind: 'commit-then-reset' }, chance: 0.1 },
  ];
  for (const [index, rule] of faults.entries()) await client.inject({ ...rule, seed: seed + index });
}

interface Write {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

function nextWrite({ name, last }: WantedApi, dice: number): Write {
  if (last === null) return { method: 'POST', path: '/rest-apis', body: plainApi(name) };
  const path = `/rest-apis/${name}`;
  if (dice < 0.15) return { method: 'DELETE', path };
  if (dice < 0.35) return { method: 'PUT', path, body: plainApi(name, { desiredState: 'undeployed' }) };
  return { method: 'PUT', path, body: plainApi(name, { context: `/${name.toLowerCase()}-${Math.floor(dice * 1e6)}` }) };
}

/** What the management API has for certain now: also settles a write whose answer was lost. */
async function readBack(client: StackClient, known: WantedApi): Promise<WantedApi> {
  const { status, body } = await waitFor(
    async () => {
      const answer = await client.manage('GET', `/rest-apis/${known.name}`);
      return answer.status === 200 || answer.status === 404 ? answer : null;
    },
    { timeoutMs: 60_000, what: `${known.name} to be readable` },
  );
  if (status === 404) return { ...known, last: null, status: null };
  const {
    uuid: id,
    generation,
    desiredState: state,
    cpSyncStatus,
    cpSyncInfo,
  } = body as typeof body & {
    generation: number;
    desiredState: 'deployed' | 'undeployed';
  };
  const ids = known.ids.includes(id) ? known.ids : [...known.ids, id];
  return { ...known, ids, last: { id, generation, state }, status: { cpSyncStatus, generation: cpSyncInfo.generation } };
}

/** A late request whose client has long given up is still to take effect: until then nothing is settled. */
async function isSomethingLate(client: StackClient): Promise<boolean> {
  const { exchanges } = JSON.parse(await client.control('GET', '/state')) as {
    exchanges: readonly { readonly processed: boolean; readonly fault: { readonly kind: string } | null }[];
  };
  return exchanges.some(({ processed, fault }) => fault?.kind === 'late' && !processed);
}

async function settle(
  client: StackClient,
  model: ReadonlyMap<string, WantedApi>,
  revisionsMax: (name: string) => number,
  settleMs: number,
): Promise<readonly Violation[]> {
  let violations: readonly Violation[] = [];
  const isSettled = async (): Promise<boolean> => {
    const wanted: WantedApi[] = [];
    for (const known of model.values()) wanted.push(await readBack(client, known));
    const restless = wanted.filter(({ status }) => status !== null && status.cpSyncStatus !== 'success');
    violations = [
      ...checkHistory(wanted, await heldApis(client), revisionsMax),
      ...(await Promise.all(restless.map(({ name }) => unsettled(client, name)))),
    ];
    if (violations.length === 0) violations = await differences(client);
    return violations.length === 0 && !(await isSomethingLate(client));
  };
  await waitFor(isSettled, { timeoutMs: settleMs, what: 'APIM to have what was acknowledged' }).catch((error: unknown) => {
    if (violations.length === 0) throw error;
  });
  return violations;
}

/** Why an API is not in APIM, in the words of its own sync page. */
async function unsettled(client: StackClient, name: string): Promise<Violation> {
  const { body } = await client.manage('GET', `/rest-apis/${name}/sync`);
  const { cpSyncInfo, attempts } = body as unknown as { cpSyncInfo: unknown; attempts: readonly unknown[] };
  return { kind: 'unsettled', name, message: JSON.stringify({ cpSyncInfo, lastAttempts: attempts?.slice(0, 2) }).slice(0, 3000) };
}

/** Invariant I by the system's own account: document = controller = every live router = APIM. */
async function differences(client: StackClient): Promise<Violation[]> {
  const { body } = await client.manage('GET', '/verify');
  const { differences: found } = body as unknown as {
    differences?: readonly { stage: string; code: string; subject: string; message: string }[];
  };
  return (found ?? []).map(({ stage, code, subject, message }) => ({
    kind: 'inconsistent',
    name: subject,
    message: `${stage} ${code}: ${message}`,
  }));
}

async function heldApis(client: StackClient): Promise<HeldApi[]> {
  const { apis } = JSON.parse(await client.control('GET', '/state')) as { apis: readonly ReportedApi[] };
  return apis.map(({ name, revisions, revisionsMade }) => ({
    name,
    revisionsMade,
    revisions: revisions.map(({ properties, deployments }) => ({
      id: properties['tidegate_id'] ?? '',
      generation: Number(properties['tidegate_generation']),
      deployed: deployments.length > 0,
    })),
  }));
}

interface ReportedApi {
  readonly name: string;
  readonly revisionsMade: number;
  readonly revisions: readonly {
    readonly properties: Readonly<Record<string, string>>;
    readonly deployments: readonly unknown[];
  }[];
}
