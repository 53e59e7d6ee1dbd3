import { readFileSync, readlinkSync } from 'node:fs';
import { arch, availableParallelism, cpus, hostname, release, totalmem, type as osType } from 'node:os';
import { getHeapStatistics } from 'node:v8';

import type { Config } from './config.ts';

export interface StartupFacts {
  readonly config: Config;
  readonly port: number;
  readonly tlsPort: number | null;
  /** In the listener's certificate */
  readonly tlsNames: string | null;
  readonly policies: number;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * What this process started with, for the page that shows it: `group.name` → text. Of the environment only what is listed here; none
 * of it is secret. At most 64 entries (nodes.ts keeps no more).
 */
export function startupProperties({ config, port, tlsPort, tlsNames, policies, env }: StartupFacts): Record<string, string> {
  const { router } = config;
  return known({
    // The first three are older than the groups.
    engine: router.engine,
    node: process.version,
    listener_port: String(port),
    'gateway.listener': `${router.host}:${port}`,
    'gateway.tls_listener': tlsPort === null ? null : `${router.host}:${tlsPort}`,
    'gateway.tls_names': tlsNames,
    'gateway.state_dir': router.discovery.state_dir,
    'gateway.controller': router.discovery.address,
    'gateway.policies': String(policies),
    'gateway.image': env['TIDEGATE_IMAGE'],
    'gateway.containerized': String(isContainer(env)),
    'software.node': process.version,
    'software.v8': process.versions.v8,
    'software.openssl': process.versions.openssl,
    'software.node_flags': process.execArgv.join(' '),
    'software.node_options': env['NODE_OPTIONS'],
    'software.os': osType(),
    'software.os_release': release(),
    'software.arch': arch(),
    'software.time_zone': timeZone(env),
    'software.heap_limit_bytes': String(getHeapStatistics().heap_size_limit),
    'hardware.cpus': String(cpus().length),
    'hardware.parallelism': String(availableParallelism()),
    'hardware.memory_bytes': String(totalmem()),
    'hardware.memory_limit_bytes': limit(readOrNull('/sys/fs/cgroup/memory.max')),
    'hardware.cpu_limit': limit(readOrNull('/sys/fs/cgroup/cpu.max')),
    'hardware.open_files_max': openFiles(readOrNull('/proc/self/limits')),
    'process.pid': String(process.pid),
    'process.uid': process.getuid === undefined ? null : String(process.getuid()),
    'process.host_name': hostname(),
    'kubernetes.namespace': env['POD_NAMESPACE'],
    'kubernetes.node': env['NODE_NAME'],
    'kubernetes.zone': env['NODE_ZONE'],
  });
}

/** By the usual signs: asking Intl loads its data, which takes a tenth of a cold start. `null` = UTC, or unknown */
function timeZone(env: NodeJS.ProcessEnv): string | null {
  if (env['TZ'] !== undefined && env['TZ'] !== '') return env['TZ'];
  try {
    return readlinkSync('/etc/localtime').split('/zoneinfo/')[1] ?? null;
  } catch {
    return null;
  }
}

function known(properties: Readonly<Record<string, string | null | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(properties).flatMap(([name, value]) => (value ? [[name, value]] : [])));
}

function isContainer(env: NodeJS.ProcessEnv): boolean {
  return env['KUBERNETES_SERVICE_HOST'] !== undefined || readOrNull('/.dockerenv') !== null;
}

/** cgroup v2 writes "max" for none. */
function limit(text: string | null): string | null {
  const value = text?.trim() ?? '';
  return value === '' || value.startsWith('max') ? null : value;
}

function openFiles(limits: string | null): string | null {
  return /^Max open files\s+(\S+)/m.exec(limits ?? '')?.[1] ?? null;
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null; // not this kind of system
  }
}
