import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { freePorts } from '../../tools/dev/ports.ts';
import { assertPinned, CORES, type Pinned, startPinned, untilListening } from './pinned.ts';
import { debianProgram, filledIn, libraryPath, luaPath, npmPeer, ownPeer } from './scratch.ts';
import { sampleTable, type SampleTable, startTidegate } from './tidegate.ts';

/** Something that proxies, on the measured core. */
export interface Contestant extends Pinned {
  readonly name: string;
  readonly url: string;
}

export type PeerName = 'nginx' | 'nginx-lean' | 'nginx-lua' | 'haproxy' | 'http-proxy' | 'reply-from' | 'fast-gateway';

export interface Ground {
  readonly dir: string;
  readonly upstreamPort: number;
}

/** nginx on the load side's core: what everybody proxies to. */
export async function startUpstream(dir: string): Promise<Pinned & { readonly port: number }> {
  const [port = 0] = await freePorts(1);
  const folder = join(dir, 'upstream');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'big.bin'), randomBytes(1024 * 1024));
  const json = `{"data":"${'x'.repeat(1024 - 11)}"}`;
  const config = nginxConfig('upstream.conf', folder, { PORT: String(port), JSON: json });
  const upstream = startPinned(nginxCommand(config, folder), { core: CORES.load, log: join(folder, 'out.log'), env: fetched() });
  await untilListening(port);
  return { ...upstream, port };
}

/** What uploads go to, on the load side's core. */
export async function startUploadSink(dir: string): Promise<Pinned & { readonly port: number }> {
  const [port = 0] = await freePorts(1);
  mkdirSync(dir, { recursive: true });
  const command = [process.execPath, ownPeer('upload-sink.mjs'), String(port)];
  const sink = startPinned(command, { core: CORES.load, log: join(dir, 'upload-sink.log') });
  await untilListening(port);
  return { ...sink, port };
}

export async function startPeer(name: PeerName, { dir, upstreamPort }: Ground): Promise<Contestant> {
  const [port = 0] = await freePorts(1);
  const folder = join(dir, name);
  mkdirSync(folder, { recursive: true });
  const command = commandOf(name, { folder, port: String(port), upstream: String(upstreamPort) });
  const peer = startPinned(command, { core: CORES.measured, log: join(folder, 'out.log'), env: fetched() });
  await untilListening(port);
  assertPinned(peer.pid, CORES.measured);
  return { ...peer, name, url: `http://127.0.0.1:${port}` };
}

export async function startOurs(
  name: string,
  dir: string,
  { accessLog = false, ...table }: SampleTable & { accessLog?: boolean },
): Promise<Contestant> {
  const router = await startTidegate({
    name: `${name}-${randomBytes(4).toString('hex')}`,
    dir,
    held: sampleTable(table),
    accessLog,
  });
  assertPinned(router.pid, CORES.measured);
  return { ...router, name };
}

interface Place {
  readonly folder: string;
  readonly port: string;
  readonly upstream: string;
}

function commandOf(name: PeerName, { folder, port, upstream }: Place): string[] {
  const values = { PORT: port, UPSTREAM: upstream };
  switch (name) {
    case 'nginx':
      return nginxCommand(
        nginxConfig('nginx.conf', folder, { ...values, ID: 'proxy_set_header X-Request-Id $request_id;' }),
        folder,
      );
    case 'nginx-lean':
      return nginxCommand(nginxConfig('nginx.conf', folder, { ...values, ID: '' }), folder);
    case 'nginx-lua': {
      const modules = dirname(debianProgram('lua'));
      return nginxCommand(nginxConfig('nginx-lua.conf', folder, { ...values, MODULES: modules, LUA: luaPath() }), folder);
    }
    case 'haproxy': {
      const config = join(folder, 'haproxy.cfg');
      writeFileSync(config, filledIn('haproxy.cfg', values));
      return [debianProgram('haproxy'), '-f', config, '-db', '-q'];
    }
    case 'http-proxy':
    case 'reply-from':
    case 'fast-gateway':
      return [process.execPath, npmPeer(`${name}.mjs`), port, upstream];
  }
}

function nginxConfig(file: string, folder: string, values: Readonly<Record<string, string>>): string {
  const config = join(folder, 'nginx.conf');
  writeFileSync(config, filledIn(file, { DIR: folder, ...values }));
  return config;
}

function nginxCommand(config: string, folder: string): string[] {
  return [debianProgram('nginx'), '-e', 'stderr', '-p', folder, '-c', config];
}

function fetched(): Record<string, string> {
  return { LD_LIBRARY_PATH: libraryPath() };
}
