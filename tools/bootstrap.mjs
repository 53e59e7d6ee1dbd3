// What `npm start`, `npm test` and their sisters run first, on whatever Node the machine has (20 or newer): installs the packages when
// they are missing, out of date or half installed, and then runs the command under the pinned Node of node_modules/.bin.
// Depends on nothing but Node 20. Exit code and signals of the command are passed on.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MODULES = join(ROOT, 'node_modules');
const PINNED_NODE = join(MODULES, '.bin', 'node');
/** Holds what was installed, written when an install has succeeded. */
const DONE_MARK = join(MODULES, '.tidegate-installed');
/** Holds npm's process while it installs; while it exists node_modules is not trusted. Outside, since npm ci empties node_modules. */
const BEGUN_MARK = join(ROOT, '.tidegate-install.begun');
const LOCK = join(ROOT, '.tidegate-install.lock');
const NODE_MAJOR_MIN = 20;

/** What each command runs, relative to the root; under the pinned Node. */
const COMMANDS = {
  start: ['tools/dev/main.ts'],
  test: ['tools/test.ts'],
  check: ['tools/check.ts'],
  build: ['node_modules/nx/dist/bin/nx.js', 'run-many', '--target=build', '--output-style=static'],
  generate: ['tools/generate.mjs'],
  graph: ['tools/graph.ts'],
  stage: ['tools/stage.ts'],
  'deploy-secrets': ['tools/deploy-secrets.ts'],
  'test:chaos': ['tools/chaos.ts'],
  release: ['tools/release.ts'],
  soak: ['tools/soak.ts'],
  bench: ['tools/bench.ts'],
  'new-policy': ['tools/new-policy.ts'],
  pictures: ['tools/pictures/pictures.ts'],
};

await main(process.argv.slice(2));

async function main([command = '', ...rest]) {
  if (!Object.hasOwn(COMMANDS, command)) fail(`Usage: node tools/bootstrap.mjs ${Object.keys(COMMANDS).join('|')} [arguments]`);
  checkPlatform();
  await installOnce();
  run([...COMMANDS[command], ...rest]);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

function checkPlatform() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < NODE_MAJOR_MIN)
    fail(`Tidegate needs Node ${NODE_MAJOR_MIN} or newer to install itself; this is ${process.version}.`);
  const platform = `${process.platform}-${process.arch}`;
  if (!['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'].includes(platform)) {
    const advice = process.platform === 'win32' ? ' On Windows, use it inside WSL 2.' : '';
    fail(`Tidegate runs on Linux (glibc) and macOS, x64 or arm64; this is ${platform}.${advice}`);
  }
  if (process.platform === 'linux' && existsSync('/etc/alpine-release')) {
    fail(
      'Tidegate brings a Node and a PostgreSQL built for glibc, which Alpine does not have. Use a Debian, Ubuntu or Fedora base.',
    );
  }
}

// --- installing -----------------------------------------------------------------------------------------------------------------

async function installOnce() {
  if (isInstalled()) return;
  const release = await acquireLock();
  try {
    if (isInstalled()) return; // by whoever held the lock
    await install();
  } finally {
    release();
  }
}

/** Package files decide what is installed; the platform matters when a folder is shared between machines. */
function fingerprint() {
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}`);
  for (const file of ['package.json', 'package-lock.json']) hash.update(readFileSync(join(ROOT, file)));
  return hash.digest('hex');
}

function isInstalled() {
  if (existsSync(BEGUN_MARK) || !existsSync(PINNED_NODE)) return false;
  const wanted = fingerprint();
  if (existsSync(DONE_MARK) && readFileSync(DONE_MARK, 'utf8') === wanted) return true;
  if (!matchesLock()) return false;
  writeFileSync(DONE_MARK, wanted); // a developer's own `npm install` is as good as ours
  return true;
}

/** Whether npm's record of what it installed agrees with package-lock.json, and the folders are there. */
function matchesLock() {
  try {
    const wanted = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages;
    const installed = JSON.parse(readFileSync(join(MODULES, '.package-lock.json'), 'utf8')).packages;
    return Object.entries(wanted).every(([path, entry]) => {
      if (!path.includes('node_modules/')) return true;
      const found = installed[path];
      if (!found) return entry.optional === true; // for another platform
      return found.version === entry.version && existsSync(join(ROOT, path));
    });
  } catch {
    return false;
  }
}

async function install() {
  const path = pathWithoutOurs();
  const npm = findOnPath('npm', path);
  if (!npm) fail('npm is not on the PATH. It comes with Node; on Debian: apt-get install npm.');
  endOrphan();
  rmSync(DONE_MARK, { force: true });
  // whatever the user's npm defaults to: the tools are dev dependencies, and the pinned Node arrives by an install script
  const flags = ['--include=dev', '--include=optional', '--ignore-scripts=false', '--no-audit', '--no-fund', '--loglevel=error'];
  const code = await withProgress('Installing packages', (collect) => runNpm(npm, ['ci', ...flags], path, collect));
  if (code.status !== 0) fail(`npm ci failed:\n${code.output}`);
  const version = spawnSync(PINNED_NODE, ['--version'], { encoding: 'utf8' });
  if (version.status !== 0) {
    fail(
      'npm ci went through, but the pinned Node did not arrive: the install script of the package `node` has to be allowed to run.',
    );
  }
  writeFileSync(DONE_MARK, fingerprint());
  rmSync(BEGUN_MARK, { force: true });
}

/** A bootstrap that was killed leaves its npm working; two of them in one folder would make a mess that looks installed. */
function endOrphan() {
  const pid = existsSync(BEGUN_MARK) ? readHolder(BEGUN_MARK) : null;
  if (pid === null || !isAlive(pid, 'npm')) return;
  console.error(`Ending an install nobody waits for any more (process ${pid}).`);
  process.kill(-pid, 'SIGKILL');
}

/**
 * npm runs on the machine's Node, never on the pinned one: npm ci is about to delete that. `npm start` has put node_modules/.bin in
 * front of PATH and its own Node into npm_node_execpath, so both are taken away.
 */
function runNpm(npm, args, path, collect) {
  return new Promise((done) => {
    const env = { ...cleanEnvironment(), PATH: path };
    const child = spawn(npm, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    writeFileSync(BEGUN_MARK, String(child.pid ?? 0));
    child.stdout.setEncoding('utf8').on('data', collect);
    child.stderr.setEncoding('utf8').on('data', collect);
    const stop = (signal) => process.kill(-child.pid, signal);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);
    const settle = (status, signal) => {
      for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(name, stop);
      if (signal) process.exit(128 + constants.signals[signal]);
      done(status);
    };
    child.on('error', (error) => {
      collect(String(error));
      settle(1, null);
    });
    child.on('close', settle);
  });
}

async function withProgress(label, work) {
  const startMs = Date.now();
  const seconds = () => Math.round((Date.now() - startMs) / 1000);
  const tty = process.stderr.isTTY === true;
  const show = () => process.stderr.write(tty ? `\r${label} … ${seconds()} s` : `${label} … ${seconds()} s\n`);
  let output = '';
  process.stderr.write(`${label} (once; about a minute with nothing cached)${tty ? '' : '\n'}`);
  const ticker = setInterval(show, tty ? 1000 : 10_000);
  const status = await work((chunk) => (output += chunk));
  clearInterval(ticker);
  process.stderr.write(`${tty ? '\r\u001b[K' : ''}${label}: ${status === 0 ? 'done' : 'failed'} after ${seconds()} s\n`);
  return { status, output };
}

/** npm puts the node_modules/.bin of every folder upwards in front; ours would give the pinned Node, which an install deletes. */
function pathWithoutOurs() {
  const entries = (process.env.PATH ?? '').split(delimiter);
  return entries.filter((entry) => entry !== '' && !resolve(entry).endsWith(join('node_modules', '.bin'))).join(delimiter);
}

function findOnPath(name, path) {
  return path
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file));
}

/** Without what npm tells its scripts about itself; what the user told npm (`npm_config_registry` and the like) stays. */
function cleanEnvironment() {
  const dropped = /^(npm_(package|lifecycle)_.*|npm_(node_execpath|execpath|command|config_(local_prefix|node_gyp))|NODE)$/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !dropped.test(name)));
}

// --- one install at a time ------------------------------------------------------------------------------------------------------

async function acquireLock() {
  let told = false;
  for (;;) {
    const holder = tryLock();
    if (holder === null) break;
    if (!told) console.error(`Another Tidegate command is installing (process ${holder}); waiting for it.`);
    told = true;
    await sleep(200);
  }
  const release = () => rmSync(LOCK, { force: true });
  process.once('exit', release);
  return release;
}

/** null = the lock is ours; else the process that has it. The file appears with its content in one step, so it is never half there. */
function tryLock() {
  const mine = `${LOCK}.${process.pid}`;
  writeFileSync(mine, String(process.pid));
  try {
    linkSync(mine, LOCK);
    return null;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    const holder = readHolder(LOCK);
    if (holder !== null && isAlive(holder, 'bootstrap')) return holder;
    takeAway(holder);
    return tryLock();
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Of two who see the same dead holder only one gets to rename; whoever moved a live lock by mistake puts it back. */
function takeAway(deadHolder) {
  const aside = `${LOCK}.stale.${process.pid}`;
  try {
    renameSync(LOCK, aside);
    if (readHolder(aside) !== deadHolder) linkSync(aside, LOCK);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function readHolder(file) {
  try {
    return Number(readFileSync(file, 'utf8')) || null;
  } catch {
    return null;
  }
}

/** Process numbers are used again after a reboot; where /proc tells, the process must be running `program`. */
function isAlive(pid, program) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(program);
  } catch {
    return process.platform !== 'linux';
  }
}

// --- running --------------------------------------------------------------------------------------------------------------------

/**
 * In a process group of its own: a terminal's Ctrl-C goes to every process of the foreground group and npm passes it on once more,
 * but whoever we run should hear it once. Repeats within half a second are one Ctrl-C; a later one is the user insisting.
 */
function run([script, ...args]) {
  const env = { ...cleanEnvironment(), PATH: `${join(MODULES, '.bin')}${delimiter}${pathWithoutOurs()}`, NX_DAEMON: 'false' };
  const child = spawn(PINNED_NODE, [join(ROOT, script), ...args], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
  });
  const lastMs = new Map();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (Date.now() - (lastMs.get(signal) ?? 0) < 500) return;
      lastMs.set(signal, Date.now());
      child.kill(signal);
    });
  }
  child.on('error', (error) => fail(`Cannot run ${PINNED_NODE}: ${error.message}`));
  child.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : (code ?? 1)));
}
