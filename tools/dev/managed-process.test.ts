import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { manageProcess, type ManagedProcess } from './managed-process.ts';
import { endLeftovers, openRunRecord } from './run-record.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-managed-'));
const running: ManagedProcess[] = [];
const said: string[] = [];
afterAll(async () => {
  await Promise.all(running.map((each) => each.stop()));
  rmSync(folder, { recursive: true, force: true });
});

it('starts, comes back after a crash, and stays down when stopped', async () => {
  const managed = manage('steady', `${touch('steady')}; setInterval(() => {}, 1000)`);
  await managed.start();
  const first = managed.pid();
  await managed.kill('SIGKILL');
  await vi.waitFor(() => expect([null, first]).not.toContain(managed.pid()), { timeout: 5_000 });
  expect(said).toContain('steady ended (SIGKILL); starting it again');
  await managed.stop();
  expect(managed.pid()).toBeNull();
});

it('says the last words of a process that ends instead of getting ready', async () => {
  const managed = manage('hopeless', "console.error('no configuration'); process.exit(3)");
  await expect(managed.start()).rejects.toThrow(/hopeless ended \(exit code 3\).*no configuration/s);
  expect(managed.pid()).toBeNull();
});

it('restarts with further variables', async () => {
  const managed = manage(
    'moody',
    `require('fs').writeFileSync('mood', process.env.MOOD ?? 'none'); ${touch('moody')}; setInterval(() => {}, 1000)`,
  );
  await managed.start();
  expect(readFileSync(join(folder, 'mood'), 'utf8')).toBe('none');
  rmSync(join(folder, 'moody'));
  await managed.restart({ MOOD: 'good' });
  expect(readFileSync(join(folder, 'mood'), 'utf8')).toBe('good');
});

it('finds and ends what a stack that was killed has left behind, by force where it must', async () => {
  const script = `process.on('SIGTERM', () => {}); require('fs').writeFileSync('orphan', ''); setInterval(() => {}, 1000)`;
  const orphan = spawn(process.execPath, ['-e', script], { cwd: folder, stdio: 'ignore' });
  const ended = new Promise((resolve) => orphan.once('exit', (_code, signal) => resolve(signal)));
  await vi.waitFor(() => expect(existsSync(join(folder, 'orphan'))).toBe(true), { timeout: 5_000 });
  const file = join(folder, 'run.json');
  openRunRecord(file).add('orphan', orphan.pid ?? 0, 'SIGTERM');
  expect(await endLeftovers(file, 100)).toEqual(['orphan']);
  expect(await ended).toBe('SIGKILL');
  expect(await endLeftovers(file)).toEqual([]);
});

function manage(name: string, script: string): ManagedProcess {
  const managed = manageProcess(
    {
      name,
      command: process.execPath,
      args: ['-e', script],
      env: { PATH: process.env['PATH'] },
      cwd: folder,
      stopSignal: 'SIGTERM',
      graceMs: 300,
      logFile: join(folder, `${name}.log`),
      readyTimeoutMs: 10_000,
      ready: () => Promise.resolve(existsSync(join(folder, name))),
    },
    {
      record: openRunRecord(join(folder, `${name}.json`)),
      verbose: false,
      say: (line) => void said.push(line),
      show: () => undefined,
      isGivenUp: () => false,
    },
  );
  running.push(managed);
  return managed;
}

function touch(file: string): string {
  return `require('fs').writeFileSync('${file}', '')`;
}
