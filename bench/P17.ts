import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { ask } from '../tools/dev/ask.ts';
import { emptyDataDir } from '../tools/dev/data-dir.ts';
import { listenerNames, listeners } from '../tools/dev/options.ts';
import { freePorts } from '../tools/dev/ports.ts';

/** P17: `npm start`, with everything installed and built, on an empty data directory, to the first request that came through a router. */
const repository = fileURLToPath(new URL('../', import.meta.url));
const authorization = `Basic ${Buffer.from('admin:admin').toString('base64')}`;
const folder = mkdtempSync(join(tmpdir(), 'tidegate-p17-'));
const found = await freePorts(listenerNames.length);
const ports = new Map(listenerNames.map((name, index) => [name, found[index] ?? 0]));
const flags = listenerNames.map((name) => `--${listeners[name].flag}=${ports.get(name)}`);
const body = readFileSync(join(repository, 'examples/guide/petstore-api.json'), 'utf8');
const startedMs = performance.now();
const child = spawn(process.execPath, [join(repository, 'tools/dev/main.ts'), '--data-dir', join(folder, 'data'), ...flags], {
  stdio: 'ignore',
});
const elapsed = (): string => ((performance.now() - startedMs) / 1000).toFixed(1);
try {
  const headers = { authorization, 'content-type': 'application/json' };
  const deploy = () => ask(`http://localhost:${ports.get('api')}/rest-apis?wait=programmed`, { method: 'POST', headers, body });
  while ((await deploy().catch(() => null))?.status !== 201) await sleep(20);
  const deployed = elapsed();
  // Without a key the API itself answers 401: the request has been routed, and a policy of it has answered
  while ((await ask(`http://localhost:${ports.get('router')}/petstore/pet/1`).catch(() => null))?.status !== 401) await sleep(5);
  console.log(`P17 npm start: an API deployed after ${deployed} s, answering on a router after ${elapsed()} s`);
} finally {
  child.kill('SIGTERM');
  await new Promise((resolve) => child.once('exit', resolve));
  emptyDataDir(join(folder, 'data'));
  rmSync(folder, { recursive: true, force: true });
}
