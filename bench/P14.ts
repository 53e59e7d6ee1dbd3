import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { removeStack } from '../test/remove-stack.ts';
import { plainApi, stackClient } from '../test/stack-client.ts';
import { startStack } from '../tools/dev/start-stack.ts';

/** P14, coalescing: `npm run bench -- P14 [edits]`. Edits of one API (100 unless told) while APIM takes 1 s per call: how many imports? */
const edits = Number(process.argv[2] ?? 100);
const folder = mkdtempSync(join(tmpdir(), 'tidegate-p14-'));
const stack = await startStack({ dataDir: join(folder, 'data'), ports: 'free' });
try {
  const client = stackClient(stack);
  await client.inject({ endpoint: 'any', fault: { kind: 'delay', ms: 1000 } });
  const startedMs = performance.now();
  await client.manage('POST', '/rest-apis', plainApi('Edited'));
  for (let edit = 1; edit < edits; edit++)
    await client.manage('PUT', '/rest-apis/Edited', plainApi('Edited', { context: `/edited-${edit}` }));
  const editedMs = performance.now() - startedMs;
  const deadline = performance.now() + 60_000;
  for (;;) {
    const { cpSyncStatus, cpSyncInfo } = (await client.manage('GET', '/rest-apis/Edited')).body;
    if (cpSyncStatus === 'success' && cpSyncInfo.generation === edits) break;
    if (performance.now() > deadline) throw new Error('The last edit did not arrive within a minute');
    await sleep(50);
  }
  const settledMs = performance.now() - startedMs;
  const [api] = (await client.apim()).apis.filter(({ name }) => name === 'Edited');
  const last = api?.properties['tidegate_generation'];
  console.log(
    `P14 ${edits} edits in ${(editedMs / 1000).toFixed(1)} s, APIM 1 s per call: ${api?.revisionsMade} imports, last generation ${last}, settled after ${(settledMs / 1000).toFixed(1)} s`,
  );
} finally {
  await removeStack(stack, folder);
}
