import { spawn, type ChildProcess } from 'node:child_process';
import { lstatSync, mkdirSync, readlinkSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What stands in for the base image: this machine's Debian, read-only, with the pinned Node in front. */
const BASE = ['/usr'];
const LINKED = ['/bin', '/sbin', '/lib', '/lib64'];
const NODE_AT = '/opt/node';

export interface ChrootOptions {
  readonly root: string;
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
  /** "uid:gid"; absent = root, as in a build */
  readonly user?: string;
  /** the root file system cannot be written, but for /tmp and these */
  readonly readOnlyBut?: readonly string[];
  /** host folder → folder inside, read-only */
  readonly mounts?: Readonly<Record<string, string>>;
  /** folder with the pinned Node's executable */
  readonly nodeFolder: string;
}

/** Starts a command in a folder as if the folder were a container's root. Needs root and Linux; the mounts go with the process. */
export function startInChroot(command: readonly string[], options: ChrootOptions): ChildProcess {
  const { root, user, readOnlyBut, nodeFolder } = options;
  prepare(root, options);
  const steps = [
    'set -e',
    'mount --make-rprivate /',
    ...(readOnlyBut === undefined ? [] : [`mount --bind ${quoted(root)} ${quoted(root)}`]),
    ...BASE.map((path) => bind(path, join(root, path))),
    bind(nodeFolder, join(root, NODE_AT)),
    ...Object.entries(options.mounts ?? {}).map(([from, to]) => bind(from, join(root, to))),
    `mount --rbind /dev ${quoted(join(root, 'dev'))}`,
    `mount -t proc proc ${quoted(join(root, 'proc'))}`,
    ...(readOnlyBut === undefined ? [] : sealed(root, readOnlyBut, user)),
    `exec chroot ${user === undefined ? '' : `--userspec=${quoted(user)} `}${quoted(root)} /usr/bin/env -i ${environment(options)} sh -c ${quoted(
      `cd ${quoted(options.workdir)} && exec "$@"`,
    )} sh ${command.map(quoted).join(' ')}`,
  ];
  return spawn('unshare', ['--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', steps.join('\n')], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

function sealed(root: string, writable: readonly string[], user = '0:0'): string[] {
  const [uid, gid] = user.split(':');
  const scratch = (path: string): string => `mount -t tmpfs -o uid=${uid},gid=${gid},mode=0700 tmpfs ${quoted(join(root, path))}`;
  return [`mount -o remount,bind,ro ${quoted(root)}`, ...['/tmp', ...writable].map(scratch)];
}

function bind(from: string, to: string): string {
  return `mount --bind ${quoted(from)} ${quoted(to)}; mount -o remount,bind,ro ${quoted(to)}`;
}

function prepare(root: string, { workdir, mounts, readOnlyBut }: ChrootOptions): void {
  const folders = [
    ...BASE,
    NODE_AT,
    '/dev',
    '/proc',
    '/tmp',
    '/root',
    workdir,
    ...(readOnlyBut ?? []),
    ...Object.values(mounts ?? {}),
  ];
  for (const path of folders) mkdirSync(join(root, path), { recursive: true });
  for (const path of LINKED) {
    const inside = join(root, path);
    const isThere = lstatSync(inside, { throwIfNoEntry: false }) !== undefined; // the link, whose target is not mounted now
    if (isThere || !lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) continue;
    mkdirSync(dirname(inside), { recursive: true });
    symlinkSync(readlinkSync(path), inside);
  }
}

function environment({ env }: ChrootOptions): string {
  const all = { PATH: `${NODE_AT}:/usr/local/bin:/usr/bin:/bin`, HOME: '/root', ...env };
  return Object.entries(all)
    .map(([name, value]) => quoted(`${name}=${value}`))
    .join(' ');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
