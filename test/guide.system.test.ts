import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { waitFor } from '@tidegate/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

import type { Stack } from '../tools/dev/stack.ts';
import { startStack } from '../tools/dev/start-stack.ts';
import { removeStack } from './remove-stack.ts';
import { stackClient, type StackClient } from './stack-client.ts';

/** Every command of the guide, run by bash with curl and jq against the processes that `npm start` starts. */

type GuideCommand = {
  readonly id: string;
  readonly run: string;
  readonly capture?: Readonly<Record<string, string>>;
  readonly keepsEnvironment?: boolean;
  readonly restarts?: readonly string[];
  readonly expect: {
    readonly status?: number;
    readonly body?: unknown;
    readonly matches?: Readonly<Record<string, string>>;
    readonly contains?: readonly string[];
    readonly lacks?: readonly string[];
    readonly stdout?: string;
    /** why the guide says to wait: only then is a command run again until it prints what it should */
    readonly wait?: string;
    readonly logs?: readonly { readonly process: string; readonly line: string }[];
  };
};
type Output = { readonly stdout: string; readonly stderr: string; readonly code: number };

const repository = fileURLToPath(new URL('../', import.meta.url));
const guide = JSON.parse(readFileSync(join(repository, 'docs/guide/guide-commands.json'), 'utf8')) as {
  readonly folder: string;
  readonly commands: readonly GuideCommand[];
};

const folder = mkdtempSync(join(tmpdir(), 'tidegate-guide-'));
const names: Record<string, string> = {};
let kept: Record<string, string> = {};
let stack: Stack;
let client: StackClient;

beforeAll(async () => {
  // prints the status of every exchange beside its body, without touching the guide's commands
  writeFileSync(join(folder, '.curlrc'), 'silent\nshow-error\nnoproxy = "*"\nwrite-out = "%{stderr}%{http_code}\\n"\n');
  stack = await startStack({ dataDir: join(folder, 'data'), ports: 'free' });
  client = stackClient(stack);
  Object.assign(names, {
    CONTROLLER: stack.urls.controller,
    ROUTER: stack.urls.routers[0],
    APIM_HOST: stack.urls.apim?.replace('https://', ''),
    APIM_CA: stack.files.apimCa,
    APIM_CLIENT_ID: stack.credentials.apim?.clientId,
    APIM_CLIENT_SECRET: stack.credentials.apim?.clientSecret,
  });
});

afterAll(() => removeStack(stack, folder));

it.each(guide.commands)('$id', async (command) => {
  const output = await runUntilRight(command);
  check(command, output);
  for (const [name, query] of Object.entries(command.capture ?? {}))
    names[name] = (await bash(`jq -r '${query}' <<< "$STDOUT"`, { STDOUT: output.stdout })).stdout.trim();
  if (command.keepsEnvironment === true) kept = { ...kept, ...exportedBy(readFileSync(join(folder, 'environment'), 'utf8')) };
  await travelled();
  await afterwards[command.id]?.();
  for (const name of command.restarts ?? []) await stack.process(name).restart(kept);
  for (const { process, line } of command.expect.logs ?? []) {
    await waitFor(() => readFileSync(stack.files.log(process), 'utf8').includes(line), {
      timeoutMs: 20_000,
      what: `"${line}" in the log of ${process}`,
    });
  }
});

it('has every command of the guide that the documents promise, and example files that are what they say', () => {
  const file = (name: string): unknown => JSON.parse(readFileSync(join(repository, guide.folder, name), 'utf8'));
  expect(file('api-definition.json')).toEqual(file('petstore-api.json'));
  expect(guide.commands.filter((command) => 'guide' in command && command.guide !== null)).toHaveLength(20);
});

/** What the guide says in words about the state a command leaves behind. */
const afterwards: Readonly<Record<string, () => Promise<void>>> = {
  // "Both gateway and APIM have the updated version"
  'check-update': async () => {
    expect(await client.call('/petstore/store/inventory', { 'x-api-key': names['KEY'] ?? '' })).toMatchObject({ status: 404 });
    const [api] = (await client.apim()).apis;
    expect(api?.properties).toMatchObject({ tidegate_generation: '2' });
  },
  // "Gateway stops routing to this API", "API is undeployed from APIM"
  'verify-undeploy': async () => {
    expect(await client.call('/petstore/pet/123', { 'x-api-key': names['KEY'] ?? '' })).toMatchObject({ status: 404 });
    const { apis } = await client.apim();
    expect(apis.map(({ name, revisions }) => [name, revisions.flatMap(({ deployments }) => deployments)])).toEqual([
      ['PetStore API', []],
    ]);
  },
  'revoke-key': async () => {
    expect(await client.call('/petstore/pet/1', { 'x-api-key': names['KEY'] ?? '' })).toMatchObject({ status: 401 });
  },
};

/** A person types slower than a change travels to the router; a script does not. */
async function travelled(): Promise<void> {
  const { body } = await client.manage('GET', '/gateways');
  const { version } = (body as unknown as { gateways: readonly [{ version: number }] }).gateways[0];
  await waitFor(async () => (await client.applied()).version >= version, { what: `the router to apply version ${version}` });
}

async function runUntilRight(command: GuideCommand): Promise<Output> {
  const script = command.keepsEnvironment === true ? `${command.run}\nenv -0 > '${join(folder, 'environment')}'` : command.run;
  if (command.expect.wait === undefined) return bash(script);
  let last: Output = { stdout: '', stderr: '', code: -1 };
  const isRight = async (): Promise<boolean> => {
    last = await bash(script);
    try {
      check(command, last);
      return true;
    } catch {
      return false;
    }
  };
  // running out of time is reported by the check that follows, which shows the difference
  await waitFor(isRight, { timeoutMs: 20_000, what: command.id }).catch(() => undefined);
  return last;
}

function check(command: GuideCommand, { stdout, stderr, code }: Output): void {
  const { status, body, matches, contains, lacks, stdout: exact } = command.expect;
  const said = `${stdout}\n${stderr}`;
  expect({ code, said }).toMatchObject({ code: 0 });
  if (status !== undefined) expect({ status: Number(stderr.trim().split('\n').at(-1)), said }).toMatchObject({ status });
  if (exact !== undefined) expect(stdout).toBe(exact);
  const patterns = Object.entries(matches ?? {}).map(
    ([field, pattern]) => [field, expect.stringMatching(new RegExp(pattern)) as unknown] as const,
  );
  if (body !== undefined) expect(JSON.parse(stdout)).toMatchObject(body as object);
  if (patterns.length > 0) expect(JSON.parse(stdout)).toMatchObject(Object.fromEntries(patterns));
  for (const part of contains ?? []) expect(stdout).toContain(part);
  for (const part of lacks ?? [])
    expect(stdout).not.toContain(part.replace(/\$\{(\w+)\}/g, (_, name: string) => names[name] ?? ''));
}

function bash(script: string, more: Readonly<Record<string, string>> = {}): Promise<Output> {
  const env = { PATH: process.env['PATH'], CURL_HOME: folder, HOME: folder, ...names, ...kept, ...more };
  return new Promise((resolve) => {
    execFile(
      'bash',
      ['-e', '-o', 'pipefail', '-c', script],
      { cwd: join(repository, guide.folder), env, encoding: 'utf8' },
      (error, stdout, stderr) => {
        resolve({ stdout, stderr, code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1 });
      },
    );
  });
}

function exportedBy(environment: string): Record<string, string> {
  const pairs = environment
    .split('\0')
    .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const);
  return Object.fromEntries(pairs.filter(([name]) => name.startsWith('APIP_GW_')));
}
