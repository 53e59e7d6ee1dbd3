import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { coreTimes, CORES } from './pinned.ts';
import { debianProgram, libraryPath } from './scratch.ts';

export interface LoadOptions {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  readonly headers?: readonly string[];
  /** wrk script */
  readonly script?: string;
}

export interface Load {
  readonly rps: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Idle share of the load side's core; below 0.05 the figure says more about wrk than about what it asked */
  readonly idle: number;
}

/** wrk, closed loop, on the load side's core. @throws when any answer was not 2xx or any socket failed */
export async function runWrk({ url, connections, seconds, headers = [], script }: LoadOptions): Promise<Load> {
  const before = coreTimes(CORES.load);
  const options = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', ...headers.flatMap((header) => ['-H', header])];
  const scripted = script === undefined ? [] : ['-s', script];
  const { stdout } = await promisify(execFile)(
    'taskset',
    ['-c', String(CORES.load), debianProgram('wrk'), ...options, ...scripted, url],
    {
      env: { ...process.env, LD_LIBRARY_PATH: libraryPath() },
    },
  );
  const after = coreTimes(CORES.load);
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`${url} did not answer everything:\n${stdout}`);
  return {
    rps: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
    p50Ms: milliseconds(/50%\s+(\S+)/.exec(stdout)?.[1]),
    p99Ms: milliseconds(/99%\s+(\S+)/.exec(stdout)?.[1]),
    idle: (after.idle - before.idle) / (after.total - before.total),
  };
}

function milliseconds(text = ''): number {
  const value = Number.parseFloat(text);
  if (text.endsWith('us')) return value / 1000;
  return text.endsWith('ms') ? value : value * 1000;
}
