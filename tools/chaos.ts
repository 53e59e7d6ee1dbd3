import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { removeStack } from '../test/remove-stack.ts';
import { stackClient } from '../test/stack-client.ts';
import { buildStaleApps } from './build/build-stale-apps.ts';
import { outage } from './chaos/outage.ts';
import { refusedOne } from './chaos/refused-one.ts';
import { runChaos } from './chaos/run-chaos.ts';
import { startChaosStack } from './chaos/start-chaos-stack.ts';

/**
 * `npm run test:chaos -- [--ops 300] [--seed N] [--apis 12]`: the long form of test/random-faults-…; prints its seed first.
 * `--scenario outage` (R5: 20 APIs × 100 edits) and `--scenario refused-one` (R8: 1000 APIs) are the long forms of test/apim-may-….
 */
const { values } = parseArgs({
  options: {
    ops: { type: 'string', default: '300' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    apis: { type: 'string' },
    scenario: { type: 'string', default: 'random' },
  },
});
const say = (line: string): void => console.log(line);
const SETTLE_MS = 600_000;
await buildStaleApps();
const folder = mkdtempSync(join(tmpdir(), 'tidegate-chaos-'));
const stack = await startChaosStack(join(folder, 'data'));
try {
  process.exitCode = (await run()) ? 0 : 1;
} finally {
  await removeStack(stack, folder);
}

async function run(): Promise<boolean> {
  const client = stackClient(stack);
  switch (values.scenario) {
    case 'outage': {
      const sizes = { apis: Number(values.apis ?? 20), editsPerApi: 100, settleMs: SETTLE_MS };
      const result = await outage(stack, client, sizes);
      say(JSON.stringify({ ...sizes, ...result }));
      return result.behind.length === 0 && result.imports <= 2 * sizes.apis;
    }
    case 'refused-one': {
      const sizes = { apis: Number(values.apis ?? 1000), settleMs: SETTLE_MS };
      const result = await refusedOne(client, sizes);
      say(JSON.stringify({ ...sizes, ...result }));
      return result.synced === sizes.apis - 1 && result.triesOfRefused === 1;
    }
    case 'random':
      return random(Number(values.apis ?? 12));
    default:
      say(`There is no scenario ${values.scenario}: random, outage, refused-one`);
      return false;
  }
}

async function random(apis: number): Promise<boolean> {
  say(`seed ${values.seed}, ${values.ops} operations on ${apis} APIs`);
  const sizes = { ops: Number(values.ops), seed: Number(values.seed), apis, opsPerKill: 15, settleMs: 120_000, say };
  const { violations, ...figures } = await runChaos(stack, stackClient(stack), sizes);
  say(JSON.stringify(figures));
  for (const { kind, name, message } of violations) say(`${kind} ${name}: ${message}`);
  say(violations.length === 0 ? 'nothing lost, nothing doubled' : `${violations.length} violations; seed ${values.seed}`);
  return violations.length === 0;
}
