import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Not in git; what was fetched once stays. */
const SCRATCH = fileURLToPath(new URL('../results/tmp/peers/', import.meta.url));
const PEERS = fileURLToPath(new URL('./peers/', import.meta.url));
const ROOTFS = join(SCRATCH, 'root');

/** Debian packages that hold each program and what it loads. Unpacked into a folder, never installed: nothing is started or replaced. */
const DEBIAN = {
  nginx: ['nginx', 'libpcre2-8-0'],
  lua: [
    'libnginx-mod-http-lua',
    'libnginx-mod-http-ndk',
    'libluajit2-5.1-2',
    'libluajit2-5.1-common',
    'lua-resty-core',
    'lua-resty-lrucache',
    'libpcre3',
  ],
  haproxy: ['haproxy', 'liblua5.3-0', 'libopentracing-c-wrapper0', 'libopentracing1', 'libpcre3'],
  wrk: ['wrk', 'libluajit-5.1-2', 'libluajit-5.1-common'],
} as const;

const PROGRAM: Readonly<Record<keyof typeof DEBIAN, string>> = {
  nginx: 'usr/sbin/nginx',
  lua: 'usr/lib/nginx/modules/ngx_http_lua_module.so',
  haproxy: 'usr/sbin/haproxy',
  wrk: 'usr/bin/wrk',
};

/** Path of a program of Debian: the machine's, or fetched with `apt-get download`. @throws when neither is to be had */
export function debianProgram(name: keyof typeof DEBIAN): string {
  const own = `/${PROGRAM[name]}`;
  if (existsSync(own)) return own;
  const fetched = join(ROOTFS, PROGRAM[name]);
  if (existsSync(fetched)) return fetched;
  const debs = join(SCRATCH, 'debs');
  mkdirSync(debs, { recursive: true });
  execFileSync('apt-get', ['download', ...DEBIAN[name]], { cwd: debs, stdio: ['ignore', 'ignore', 'inherit'] });
  for (const deb of readdirSync(debs)) execFileSync('dpkg-deb', ['-x', join(debs, deb), ROOTFS]);
  return fetched;
}

/** What fetched programs load their libraries by. */
export function libraryPath(): string {
  return [join(ROOTFS, 'usr/lib/x86_64-linux-gnu'), join(ROOTFS, 'lib/x86_64-linux-gnu')].join(':');
}

/** Where Lua's own modules are: the machine's, or the fetched ones. */
export function luaPath(): string {
  const fetched = join(ROOTFS, 'usr/share/lua/5.1');
  return existsSync(fetched) ? fetched : '/usr/share/lua/5.1';
}

/** Versions as measured in the lab; fast-gateway's own dependency on fast-proxy-lite names one that is not published. */
const NPM = {
  dependencies: { 'http-proxy': '1.18.1', fastify: '5.6.1', '@fastify/reply-from': '12.3.1', 'fast-gateway': '5.0.1' },
  overrides: { 'fast-proxy-lite': '^1' },
};

/** A peer's program from `peers/`, beside its npm packages, which are fetched once. */
export function npmPeer(script: string): string {
  const folder = join(SCRATCH, 'npm');
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(PEERS, script), join(folder, script));
  if (!existsSync(join(folder, 'node_modules/http-proxy'))) {
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module', ...NPM }, null, 2));
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }
  return join(folder, script);
}

/** A program of `peers/` that needs no packages. */
export function ownPeer(script: string): string {
  return join(PEERS, script);
}

/** A configuration of `peers/` with its @NAMES@ filled in. */
export function filledIn(file: string, values: Readonly<Record<string, string>>): string {
  return readFileSync(join(PEERS, file), 'utf8').replaceAll(/@([A-Z]+)@/g, (_whole, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`${file} wants @${name}@`);
    return value;
  });
}
