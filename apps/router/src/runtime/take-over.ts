import type { Server, Socket } from 'node:net';

/** What the old process tells its successor; the steps are in hand-over.ts. */
export type ToSuccessor =
  | { readonly is: 'released' }
  | { readonly is: 'listener'; readonly of: 'plain' | 'tls' }
  | { readonly is: 'ports' };

/** A listening socket of a process that goes; it accepts from the moment it is here. */
export interface InheritedPort {
  readonly server: Server;
  /** Hands on what has come meanwhile, and everything from now on. */
  attach(onConnection: (socket: Socket) => void): void;
}

export interface Inherited {
  readonly plain: InheritedPort | null;
  readonly tls: InheritedPort | null;
}

/** The successor's side; `null` where there is no predecessor. */
export interface Predecessor {
  /** Says that this code runs; resolves when the state directory is free. */
  released(): Promise<void>;
  /** Asks for the listening sockets. Called when there is a table to serve; connections come from then on. */
  listeners(withTls: boolean): Promise<Inherited>;
  /** Says that everything is served; resolves when the admin ports are free. */
  serving(): Promise<void>;
  /** The predecessor is gone, and with it whoever supervises. */
  onGone(end: () => void): void;
}

export function predecessor(env: NodeJS.ProcessEnv): Predecessor | null {
  if (env['TIDEGATE_HAND_OVER'] === undefined || process.send === undefined) return null;
  const say = (word: string): void => void process.send?.(word);
  return {
    async released() {
      const free = heard('released');
      say('loaded');
      await free;
    },
    async listeners(withTls) {
      const wanted = withTls ? 2 : 1;
      const given: { plain: InheritedPort | null; tls: InheritedPort | null } = { plain: null, tls: null };
      const all = new Promise<Inherited>((resolve) => {
        let count = 0;
        process.on('message', function take(message: ToSuccessor, handle: unknown) {
          if (message.is !== 'listener') return;
          given[message.of] = inherited(handle as Server); // sent with exactly this message
          count += 1;
          if (count < wanted) return;
          process.off('message', take);
          resolve(given);
        });
      });
      say('listeners');
      return all;
    },
    async serving() {
      const free = heard('ports');
      say('serving');
      await free;
    },
    onGone: (end) => void process.once('disconnect', end),
  };
}

function heard(word: ToSuccessor['is']): Promise<void> {
  return new Promise((resolve) => {
    process.on('message', function listen(message: ToSuccessor) {
      if (message.is !== word) return;
      process.off('message', listen);
      resolve();
    });
  });
}

function inherited(server: Server): InheritedPort {
  const early: Socket[] = [];
  const hold = (socket: Socket): void => void early.push(socket);
  server.on('connection', hold);
  return {
    server,
    attach(onConnection) {
      server.off('connection', hold);
      server.on('connection', onConnection);
      for (const socket of early.splice(0)) onConnection(socket);
    },
  };
}
