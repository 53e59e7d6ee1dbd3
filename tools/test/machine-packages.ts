import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { userInfo } from 'node:os';

/** Programs the tests run that npm cannot bring, with the Debian package each comes in. */
const PROGRAMS = [
  { program: 'redis-server', debianPackage: 'redis-server' },
  // the guide's own commands use these two
  { program: 'curl', debianPackage: 'curl' },
  { program: 'jq', debianPackage: 'jq' },
  // hosts with addresses of their own, and the cables between them
  { program: 'ip', debianPackage: 'iproute2' },
  // the console is looked at as a person would
  { program: 'chromium', debianPackage: 'chromium' },
  // what a router forwards is read by others too
  { program: 'nginx', debianPackage: 'nginx-light' },
  { program: 'haproxy', debianPackage: 'haproxy' },
] as const;

/**
 * Makes sure the tests' programs are on the PATH: as root on Debian and its kin it installs them, otherwise it says what to install.
 * Returns the sentence to show when the tests cannot run, or null.
 */
export function ensurePrograms(): string | null {
  const missing = PROGRAMS.filter(({ program }) => !isOnPath(program));
  if (missing.length === 0) return null;
  const packages = missing.map(({ debianPackage }) => debianPackage);
  if (userInfo().uid === 0 && existsSync('/etc/debian_version')) {
    console.log(`installing ${packages.join(', ')} with apt-get`);
    const install = ['install', '--yes', '--no-install-recommends', ...packages];
    if (!aptGet(install) && aptGet(['update'])) aptGet(install); // the lists may be missing or old
  }
  const still = PROGRAMS.filter(({ program }) => !isOnPath(program));
  if (still.length === 0) return null;
  const names = still.map(({ program, debianPackage }) => `${program} (Debian: apt-get install ${debianPackage})`);
  return `The tests need ${names.join(', ')} on the PATH`;
}

/** RUNLEVEL=1 keeps the package from starting a service of its own beside the tests. */
function aptGet(args: readonly string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const result = spawnSync('apt-get', ['-qq', ...args], { env, stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
  if (result.status !== 0) console.error(result.stderr);
  return result.status === 0;
}

function isOnPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
