import { resolve } from 'node:path';
import { apimClientId, routerPort } from './config-files.ts';
import { emptyDataDir, openDataDir, rotateLogs } from './data-dir.ts';
import { launchStack } from './launch-stack.ts';
import { takeLock } from './lock.ts';
import { manageProcess, type ManagedProcess } from './managed-process.ts';
import { listenerNames, type Listener } from './options.ts';
import { freePorts } from './ports.ts';
import { prepareStack, type Plan } from './prepare-stack.ts';
import { endLeftovers, openRunRecord } from './run-record.ts';
import { readSettings } from './settings.ts';
import type { Stack, StackOptions } from './stack.ts';
import { StartError } from './start-error.ts';

/**
 * Starts everything of the one-machine promise and resolves when it is ready to be used.
 * @throws StartError, or ConfigError of @tidegate/process, when the user has something to mend; nothing is left running then
 */
export async function startStack(given: StackOptions): Promise<Stack> {
  const say = given.say ?? ((): void => undefined);
  const options = { ...given, configFiles: (given.configFiles ?? []).map((file) => resolve(file)) };
  const root = resolve(options.dataDir);
  // what is wrong with the command is said before anything is touched
  const ports = options.ports === 'free' ? await allFree() : (options.ports ?? {});
  const settings = readSettings(options.configFiles, options.env ?? process.env, ports);

  const release = lockDataDir(openDataDir(root).lock, root);
  const processes = new Map<string, ManagedProcess>();
  try {
    const left = await endLeftovers(openDataDir(root).run);
    if (left.length > 0) say(`Ended what an earlier run left behind: ${left.join(', ')}`);
    if (options.reset === true) emptyDataDir(root);
    const dir = openDataDir(root);
    rotateLogs(root);

    const plan = await prepareStack(options, settings, dir);
    const record = openRunRecord(dir.run);
    const isGivenUp = (): boolean => options.signal?.aborted === true;
    // while the parts come up and go down they miss each other, and say so; that is news in between only
    let isSteady = false;
    const show = (line: string, isWarning: boolean): void => {
      if (isSteady || !isWarning) say(line);
    };
    await launchStack(plan, options, (spec) => {
      const managed = manageProcess(spec, { record, verbose: options.verbose === true, say, show, isGivenUp });
      processes.set(spec.name, managed);
      return managed;
    });
    isSteady = true;
    const stop = once(async () => {
      isSteady = false;
      await stopInOrder(processes);
      record.erase();
      release();
    });
    return describe(plan, processes, stop);
  } catch (error) {
    await stopInOrder(processes);
    release();
    throw error;
  }
}

function describe({ wiring, routers }: Plan, processes: ReadonlyMap<string, ManagedProcess>, stop: () => Promise<void>): Stack {
  const { dir, settings, secrets, simulator, certificates } = wiring;
  const { ports } = settings;
  const perRouter = (listener: 'router' | 'routerTls' | 'routerAdmin'): readonly string[] =>
    Array.from(
      { length: routers },
      (_, index) => `${listener === 'routerTls' ? 'https' : 'http'}://localhost:${routerPort(ports, listener, index)}`,
    );
  return {
    urls: {
      controller: `http://localhost:${ports.api}`,
      controllerAdmin: `http://localhost:${ports.admin}`,
      grpc: `localhost:${ports.grpc}`,
      routers: perRouter('router'),
      routersTls: perRouter('routerTls'),
      routerAdmins: perRouter('routerAdmin'),
      apim: simulator ? `https://localhost:${ports.apim}` : null,
      petstore: `https://localhost:${ports.petstore}`,
      database: wiring.dsn,
      redis: wiring.redisUrl,
    },
    credentials: {
      username: settings.admin?.username ?? '',
      password: settings.admin?.password ?? '',
      apim: simulator ? { clientId: apimClientId, clientSecret: secrets.apimClientSecret } : null,
    },
    files: { dataDir: dir.root, apimCa: dir.tls('apim.pem'), devCa: certificates.ca, log: (name) => dir.log(name) },
    gatewayId: settings.gatewayId,
    processes,
    process(name) {
      const found = processes.get(name);
      if (found === undefined) throw new Error(`There is no process ${name}; there are ${[...processes.keys()].join(', ')}`);
      return found;
    },
    stop,
    async killAll() {
      await Promise.all([...processes.values()].map((each) => each.kill('SIGKILL', true)));
      await stop();
    },
  };
}

/** Clients first, what they lean on last. Those of one line stop together. */
const stopOrder = [/^router-/, /^apim-sync$/, /^gateway-controller$/, /^(apim-simulator|petstore|redis|postgres)$/];

async function stopInOrder(processes: ReadonlyMap<string, ManagedProcess>): Promise<void> {
  for (const line of stopOrder) {
    await Promise.all([...processes.values()].filter((each) => line.test(each.name)).map((each) => each.stop()));
  }
}

/** The release of the lock. */
function lockDataDir(file: string, root: string): () => void {
  const lock = takeLock(file);
  if (lock.ok) return () => lock.release();
  throw new StartError([
    `Tidegate is running in ${root} already: process ${lock.pid}, since ${lock.since}.`,
    'Stop that one (Ctrl-C where it runs), or start this one elsewhere: npm start -- --data-dir DIR, with other ports.',
  ]);
}

async function allFree(): Promise<Record<Listener, number>> {
  const found = await freePorts(listenerNames.length);
  return Object.fromEntries(listenerNames.map((name, index) => [name, found[index]])) as Record<Listener, number>; // one each
}

function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  return () => (running ??= work());
}
