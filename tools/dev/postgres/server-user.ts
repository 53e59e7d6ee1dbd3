import { spawnSync } from 'node:child_process';
import { userInfo } from 'node:os';

export type ServerUser = { readonly uid: number; readonly gid: number };

/**
 * Whom PostgreSQL runs as. It refuses root, so root lends it a user that is there already: nothing is added to the machine.
 * Null: ourselves.
 */
export function findServerUser(): ServerUser | null {
  if (userInfo().uid !== 0) return null;
  for (const name of ['postgres', 'nobody']) {
    const uid = idOf('-u', name);
    const gid = idOf('-g', name);
    if (uid !== null && gid !== null) return { uid, gid };
  }
  throw new Error(
    'PostgreSQL cannot run as root, and there is no user "postgres" or "nobody" to run it as. Run npm start as a normal user',
  );
}

/** Can that user reach and run it? Asked of the kernel, which knows every mode and ACL on the way. */
export function canExecute(user: ServerUser | null, file: string): boolean {
  return spawnSync('/bin/sh', ['-c', 'test -x "$0"', file], { cwd: '/', ...user }).status === 0;
}

function idOf(flag: '-u' | '-g', name: string): number | null {
  const asked = spawnSync('id', [flag, name], { encoding: 'utf8' });
  const id = Number(asked.stdout);
  return asked.status === 0 && Number.isInteger(id) ? id : null;
}
