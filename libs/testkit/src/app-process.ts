import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { stringify } from 'smol-toml';

import { spawnTracked, type TrackedProcess } from './tracked-process.ts';
import { waitFor } from './wait-for.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export interface StartAppOptions {
  /** laid over PATH alone: an app under test does not see the developer's own variables */
  readonly env?: Readonly<Record<string, string>>;
  /** the content of config.toml, as a table or as text */
  readonly config?: Readonly<Record<string, unknown>> | string;
  readonly args?: readonly string[];
  readonly cwd?: string;
}

export interface AppProcess extends TrackedProcess {
  /** the match in the output so far or to come; fails at once when the process ends first */
  waitForLog(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
}

/** Runs dist/apps/<name>/main.js (built by `npm run build`) under the pinned Node, as `npm start` does. */
export async function startApp(name: string, options: StartAppOptions = {}): Promise<AppProcess> {
  const folder = mkdtempSync(join(tmpdir(), `tidegate-${name}-`));
  const configFile = join(folder, 'config.toml');
  writeFileSync(configFile, typeof options.config === 'string' ? options.config : stringify(options.config ?? {}));
  const child = await spawnTracked(
    join(ROOT, 'node_modules/.bin/node'),
    ['--enable-source-maps', join(ROOT, 'dist/apps', name, 'main.js'), '--config', configFile, ...(options.args ?? [])],
    { cwd: options.cwd ?? folder, env: { ...inheritedEnvironment(), ...options.env } },
  );
  void child.exited.then(() => rmSync(folder, { recursive: true, force: true }));
  return {
    ...child,
    waitForLog: (pattern, timeoutMs = 60_000) => waitForLog(name, child, pattern, timeoutMs),
  };
}

async function waitForLog(name: string, child: TrackedProcess, pattern: RegExp, timeoutMs: number): Promise<RegExpExecArray> {
  const search = (): RegExpExecArray | 'ended' | null => pattern.exec(child.logs()) ?? (child.running() ? null : 'ended');
  const found = await waitFor(search, { timeoutMs, what: `${String(pattern)} in the log of ${name}` }).catch((error: unknown) => {
    throw new Error(`${error instanceof Error ? error.message : String(error)}; it said:\n${child.logs()}`, { cause: error });
  });
  if (found === 'ended') throw new Error(`${name} ended without logging ${String(pattern)}; it said:\n${child.logs()}`);
  return found;
}

function inheritedEnvironment(): Record<string, string> {
  const inherited: Record<string, string> = {};
  for (const name of ['PATH', 'HOME', 'TMPDIR', 'TIDEGATE_TEST_RUN']) {
    const value = process.env[name];
    if (value !== undefined) inherited[name] = value;
  }
  return inherited;
}
