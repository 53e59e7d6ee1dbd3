import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { removeStack } from '../test/remove-stack.ts';
import { plainApi, stackClient } from '../test/stack-client.ts';
import { startStack } from '../tools/dev/start-stack.ts';

/**
 * P13, sync lag: `npm run bench -- P13 [deploys]`. Five deploys a second (100 unless told), APIM takes 100 ms per call. From the commit of
 * the write to the report that APIM has it, as the controller measures it (GET /sync, lag.lastHour).
 */
const deploys = Number(process.argv[2] ?? 100);
const folder = mkdtempSync(join(tmpdir(), 'tidegate-p13-'));
const stack = await startStack({ dataDir: join(folder, 'data'), ports: 'free' });
try {
  const client = stackClient(stack);
  await client.inject({ endpoint: 'any', fault: { kind: 'delay', ms: 100 } });
  const startedMs = performance.now();
  for (let index = 0; index < deploys; index++) {
    await sleep(Math.max(0, startedMs + index * 200 - performance.now()));
    await client.manage('POST', '/rest-apis', plainApi(`Lag${index}`));
  }
  const deadline = performance.now() + 60_000;
  let lag = await lagOf();
  while (lag.count < deploys) {
    if (performance.now() > deadline) throw new Error(`Only ${lag.count} of ${deploys} arrived within a minute`);
    await sleep(100);
    lag = await lagOf();
  }
  console.log(
    `P13 sync lag of ${deploys} deploys, 5/s, 100 ms per call: median ${lag.medianMs} ms, p99 ${lag.p99Ms} ms, max ${lag.maxMs} ms`,
  );

  async function lagOf() {
    const { body } = await client.manage('GET', '/sync');
    return (body as unknown as { lag: { lastHour: { count: number; medianMs: number; p99Ms: number; maxMs: number } } }).lag
      .lastHour;
  }
} finally {
  await removeStack(stack, folder);
}
