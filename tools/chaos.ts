import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { stackClient } from '../test/stack-client.ts';
import { buildStaleApps } from './build/build-stale-apps.ts';
import { runChaos } from './chaos/run-chaos.ts';
import { startChaosStack } from './chaos/start-chaos-stack.ts';

/** `npm run test:chaos -- [--ops 300] [--seed N] [--apis 12]`: the long form of test/random-faults-…; prints its seed first. */
const { values } = parseArgs({
  options: {
    ops: { type: 'string', default: '300' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    apis: { type: 'string', default: '12' },
  },
});
const say = (line: string): void => console.log(line);
say(`seed ${values.seed}, ${values.ops} operations on ${values.apis} APIs`);
await buildStaleApps();
const folder = mkdtempSync(join(tmpdir(), 'tidegate-chaos-'));
const stack = await startChaosStack(join(folder, 'data'));
try {
  const result = await runChaos(stack, stackClient(stack), {
    ops: Number(values.ops),
    seed: Number(values.seed),
    apis: Number(values.apis),
    opsPerKill: 15,
    settleMs: 120_000,
    say,
  });
  const { violations, ...figures } = result;
  say(JSON.stringify(figures));
  for (const { kind, name, message } of violations) say(`${kind} ${name}: ${message}`);
  say(violations.length === 0 ? 'nothing lost, nothing doubled' : `${violations.length} violations; seed ${values.seed}`);
  process.exitCode = violations.length === 0 ? 0 : 1;
} finally {
  await stack.stop();
  rmSync(folder, { recursive: true, force: true });
}
