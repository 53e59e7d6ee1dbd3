import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, expect, it } from 'vitest';

import type { Stack } from '../tools/dev/stack.ts';
import { startStack } from '../tools/dev/start-stack.ts';
import { removeStack } from './remove-stack.ts';

/**
 * Every block of shell in README.md and below docs/ either says `<!-- run -->`, and is run here against a stack as `npm start` starts
 * one, or says why it is not. Only addresses and the data directory are other ones.
 */

const repository = fileURLToPath(new URL('../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'tidegate-docs-'));
let stack: Stack;

interface Block {
  readonly file: string;
  readonly line: number;
  readonly text: string;
  readonly isRun: boolean;
  readonly reason: string | null;
}

const files = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', 'README.md', 'docs/**/*.md', 'docs/*.md'],
  {
    cwd: repository,
    encoding: 'utf8',
  },
)
  .trim()
  .split('\n');
const blocks = files.flatMap(blocksOf);

function blocksOf(file: string): Block[] {
  const text = readFileSync(join(repository, file), 'utf8');
  return [...text.matchAll(/(?:<!-- (run|not run: (.+?)) -->\n{1,2})?^```(?:sh|bash)\n(.*?)^```/gms)].map((match) => ({
    file,
    line: text.slice(0, match.index).split('\n').length,
    text: match[3] ?? '',
    isRun: match[1] === 'run',
    reason: match[2] ?? null,
  }));
}

beforeAll(async () => {
  stack = await startStack({ dataDir: join(folder, 'data'), ports: 'free' });
  // Pages name .tidegate, and the command line by its package
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const words = `"${join(repository, 'node_modules/.bin/node')}" "${join(repository, 'dist/apps/cli/main.js')}"`;
  writeFileSync(join(bin, 'npx'), `#!/bin/sh\nshift\nexec ${words} "$@"\n`, { mode: 0o755 });
  symlinkSync(join(repository, 'examples'), join(folder, 'examples'));
  symlinkSync(join(folder, 'data'), join(folder, '.tidegate'));
  writeFileSync(join(folder, '.curlrc'), 'silent\nshow-error\nnoproxy = "*"\n');
});

afterAll(() => removeStack(stack, folder));

it('every block of shell is run, or says why not', () => {
  const unsaid = blocks.filter(({ isRun, reason }) => !isRun && reason === null).map(({ file, line }) => `${file}:${line}`);
  expect(unsaid).toEqual([]);
  expect(blocks.filter(({ isRun }) => isRun).length).toBeGreaterThan(5);
});

const pages = [
  ...Map.groupBy(
    blocks.filter(({ isRun }) => isRun),
    ({ file }) => file,
  ),
];

it.each(pages)('%s, from its first command to its last', async (_, run) => {
  // One terminal, as its reader has
  const text = run.map((block) => block.text).join('\n');
  const ended = await bash(text);
  expect(ended, `${text}\n${ended.said}`).toMatchObject({ code: 0 });
});

/** With `-e`: the first command that fails is the block's failure. */
function bash(text: string): Promise<{ code: number; said: string }> {
  const here = text
    .replaceAll('http://localhost:9090', stack.urls.controller)
    .replaceAll('http://localhost:8080', stack.urls.routers[0] ?? '');
  const env = {
    PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`,
    HOME: folder,
    TIDEGATE_SERVER: stack.urls.controller,
  };
  return new Promise((resolve) => {
    execFile('bash', ['-euo', 'pipefail', '-c', here], { cwd: folder, env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), said: `${stdout}${stderr}` }),
    );
  });
}
