import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';

/** A machine with an address of its own; all see each other unless a test cuts them apart. */
export interface Host {
  readonly name: string;
  readonly address: string;
  /** The words that start `command` as a process of this machine, in a mount namespace of its own, after `prepare` (sh) */
  enter(command: readonly string[], prepare?: string): string[];
}

export interface Network {
  /** Of this process on the network */
  readonly address: string;
  host(name: string): Host;
  /** What these two send each other is lost, in silence, both ways; nobody else notices */
  cut(one: string, other: string): void;
  /** The cable is pulled: nobody reaches this machine any more, nor it them */
  isolate(name: string): void;
  /** Everything reaches everybody again */
  heal(): void;
  close(): void;
}

/** Of the range for benchmarks between devices (RFC 2544): nobody's network */
const SUBNET = '198.18';
const SELF = 254;
/** A locally administered address that no card has */
const NOBODY = '02:00:00:00:00:01';

/**
 * Lays a network of namespaces on this machine: a bridge, a host per name, and a cable to this process.
 * @throws Error saying what is needed where that cannot be done
 */
export function openNetwork(names: readonly string[]): Network {
  requirements();
  removeLeftOvers();
  const number = freeNumber();
  const id = `tg${number}`;
  const addressOf = (index: number) => `${SUBNET}.${number}.${index + 1}`;
  const lan = `${id}-lan-${process.pid}`;
  const spaces = names.map((name) => `${id}-${name}-${process.pid}`);
  const self = `${SUBNET}.${number}.${SELF}`;
  sh([
    `ip netns add ${lan}`,
    `ip -n ${lan} link add br0 type bridge`,
    `ip -n ${lan} link set br0 up`,
    `ip link add ${id} type veth peer name up0 netns ${lan}`,
    `ip -n ${lan} link set up0 master br0 up`,
    `ip addr add ${self}/24 dev ${id}`,
    `ip link set ${id} up`,
    ...spaces.flatMap((space, index) => [
      `ip netns add ${space}`,
      `ip -n ${lan} link add h${index} type veth peer name eth0 netns ${space}`,
      `ip -n ${lan} link set h${index} master br0 up`,
      `ip -n ${space} link set lo up`,
      `ip -n ${space} addr add ${addressOf(index)}/24 dev eth0`,
      `ip -n ${space} link set eth0 up`,
    ]),
  ]);
  const indexOf = (name: string): number => {
    const index = names.indexOf(name);
    if (index < 0) throw new Error(`There is no host ${name}`);
    return index;
  };
  let healing: string[] = [];
  const forget = (from: number, to: number): void => {
    sh([`ip -n ${spaces[from]} neigh replace ${addressOf(to)} lladdr ${NOBODY} dev eth0 nud permanent`]);
    healing.push(`ip -n ${spaces[from]} neigh del ${addressOf(to)} dev eth0`);
  };
  return {
    address: self,
    host: (name) => {
      const space = spaces[indexOf(name)] ?? '';
      return {
        name,
        address: addressOf(indexOf(name)),
        enter: (command, prepare = '') => [
          'nsenter',
          `--net=/run/netns/${space}`,
          'unshare',
          '--mount',
          'sh',
          '-ec',
          `${prepare}\nexec "$@"`,
          'sh',
          ...command,
        ],
      };
    },
    cut: (one, other) => {
      forget(indexOf(one), indexOf(other));
      forget(indexOf(other), indexOf(one));
    },
    isolate: (name) => {
      sh([`ip -n ${lan} link set h${indexOf(name)} down`]);
      healing.push(`ip -n ${lan} link set h${indexOf(name)} up`);
    },
    heal: () => {
      if (healing.length > 0) sh(healing);
      healing = [];
    },
    close: () => sh([...spaces, lan].map((space) => `ip netns del ${space}`)),
  };
}

function requirements(): void {
  const missing = ['ip', 'nsenter', 'unshare', 'setpriv'].filter(
    (program) => spawnSync(program, ['--version']).error !== undefined,
  );
  const isRoot = process.platform === 'linux' && process.getuid?.() === 0;
  if (isRoot && missing.length === 0 && spawnSync('ip', ['netns', 'list']).status === 0) return;
  throw new Error(
    'This test lays a network of namespaces on the machine: it needs Linux, root (in a container: CAP_SYS_ADMIN and CAP_NET_ADMIN) ' +
      `and the programs ip (Debian: iproute2), nsenter, unshare and setpriv (util-linux)${missing.length > 0 ? `; missing: ${missing.join(', ')}` : ''}`,
  );
}

/** Of runs that were killed: their names end with the process that made them. */
function removeLeftOvers(): void {
  if (!existsSync('/run/netns')) return;
  const dead = readdirSync('/run/netns').filter(
    (name) => /^tg\d+-.+-\d+$/.test(name) && !existsSync(`/proc/${name.replace(/^.*-/, '')}`),
  );
  for (const name of dead) spawnSync('ip', ['netns', 'del', name]);
}

function freeNumber(): number {
  const taken = new Set(readdirSync('/sys/class/net'));
  for (let tried = 0; tried < 250; tried++) {
    const number = (process.pid + tried) % 250;
    if (!taken.has(`tg${number}`)) return number;
  }
  throw new Error('Two hundred and fifty test networks are there already: ip link show');
}

function sh(commands: readonly string[]): void {
  const { status, stderr } = spawnSync('sh', ['-ec', commands.join('\n')], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`The test network could not be changed: ${stderr}`);
}
