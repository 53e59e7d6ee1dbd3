import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { reapProcesses, spawnTracked, type TrackedProcess, waitFor } from '@tidegate/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';

/** A workspace with nothing in it, and an `npm` at the edge that says when it was called and installs a Node when allowed to. */
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tidegate-bootstrap-'));
  for (const folder of ['tools', 'bin']) mkdirSync(join(root, folder));
  copyFileSync(fileURLToPath(new URL('bootstrap.mjs', import.meta.url)), join(root, 'tools/bootstrap.mjs'));
  write('package.json', '{}');
  write('package-lock.json', '{"packages":{}}');
  write('may-finish', '');
  write(
    'bin/npm',
    `#!/bin/sh
     echo "$* PATH=$PATH" >> ${root}/calls
     while [ ! -e ${root}/may-finish ]; do sleep 0.02; done
     rm -rf ${root}/node_modules/*
     [ -e ${root}/fail ] && { echo 'npm error something broke' >&2; exit 1; }
     mkdir -p ${root}/node_modules/.bin && ln -sf ${process.execPath} ${root}/node_modules/.bin/node`,
  );
  chmodSync(join(root, 'bin/npm'), 0o755);
  write('tools/generate.mjs', 'console.log("ran", process.version, ...process.argv.slice(2)); process.exitCode = 7;');
});
afterEach(async () => {
  await reapProcesses();
  rmSync(root, { recursive: true, force: true });
});

function write(file: string, text: string): void {
  writeFileSync(join(root, file), text);
}

function calls(): readonly string[] {
  return existsSync(join(root, 'calls')) ? readFileSync(join(root, 'calls'), 'utf8').trim().split('\n') : [];
}

function bootstrap(...args: readonly string[]): Promise<TrackedProcess> {
  // as under `npm start`: the pinned Node's folder comes first
  const path = [join(root, 'node_modules/.bin'), join(root, 'bin'), process.env['PATH']].join(':');
  const env = { PATH: path, npm_node_execpath: '/nowhere/node', npm_execpath: '/nowhere/npm' };
  return spawnTracked(process.execPath, [join(root, 'tools/bootstrap.mjs'), ...args], { env });
}

async function ended(child: TrackedProcess): Promise<number | null> {
  return (await child.exited).code;
}

it('installs once, runs the command with its arguments and passes its exit code on', async () => {
  const first = await bootstrap('generate', '--check');
  expect(await ended(first)).toBe(7);
  expect(first.logs()).toContain(`ran ${process.version} --check`);
  expect(await ended(await bootstrap('generate'))).toBe(7);
  expect(calls()).toHaveLength(1);
  expect(calls()[0]).toMatch(/^ci --include=dev .*PATH=(?!.*node_modules\/\.bin)/);
});

it('installs again when the lock changed', async () => {
  await ended(await bootstrap('generate'));
  write('package-lock.json', '{"packages":{"node_modules/new":{"version":"1.0.0"}}}');
  await ended(await bootstrap('generate'));
  expect(calls()).toHaveLength(2);
});

it('installs again after an install that was killed, even one of the same lock', async () => {
  await ended(await bootstrap('generate'));
  write('package-lock.json', '{"packages":{},"lockfileVersion":3}');
  rmSync(join(root, 'may-finish'));
  const killed = await bootstrap('generate');
  await waitFor(() => calls().length === 2 && existsSync(join(root, '.tidegate-install.begun')), { what: 'npm to be running' });
  process.kill(killed.pid, 'SIGKILL'); // its npm goes on
  const again = await bootstrap('generate');
  await waitFor(() => calls().length === 3, { what: 'npm to be running again' });
  write('may-finish', '');
  expect(await ended(again)).toBe(7);
  expect(again.logs()).toContain('Ending an install nobody waits for');
});

it('lets one of two install and the other wait', async () => {
  rmSync(join(root, 'may-finish'));
  const first = await bootstrap('generate', 'one');
  await waitFor(() => calls().length === 1, { what: 'npm to be running' });
  const second = await bootstrap('generate', 'two');
  await waitFor(() => second.logs().includes(`process ${first.pid}`), { what: 'the second to say that it waits' });
  write('may-finish', '');
  expect(await Promise.all([ended(first), ended(second)])).toEqual([7, 7]);
  expect(calls()).toHaveLength(1);
});

it('shows what npm said when it fails, and tries again next time', async () => {
  write('fail', '');
  const failed = await bootstrap('generate');
  expect(await ended(failed)).toBe(1);
  expect(failed.logs()).toContain('npm error something broke');
  rmSync(join(root, 'fail'));
  expect(await ended(await bootstrap('generate'))).toBe(7);
});

it('passes one signal on once, however often it arrives at the same moment', async () => {
  write(
    'tools/generate.mjs',
    `let count = 0;
     process.on('SIGINT', () => { count++; setTimeout(() => process.exit(10 + count), 200); });
     setInterval(() => {}, 1000);
     console.log('up');`,
  );
  const child = await bootstrap('generate');
  await waitFor(() => child.logs().includes('up'), { what: 'the command to run' });
  process.kill(child.pid, 'SIGINT');
  process.kill(child.pid, 'SIGINT');
  expect(await ended(child)).toBe(11);
});

it('names its commands when asked for another', async () => {
  const child = await bootstrap('strat');
  expect(await ended(child)).toBe(1);
  expect(child.logs()).toContain('start|test|check|build|generate|graph');
});
