import type { Server, Socket } from 'node:net';

/** What the old process tells its successor; the steps are in hand-over.ts. */
export type ToSuccessor =
  | { readonly is: 'released' }
  | { readonly is: 'listener'; readonly of: PortKind }
  | { readonly is: 'ports' };

/** What a successor says. */
export type ToPredecessor = 'loaded' | PortKind | 'serving';

type PortKind = 'plain' | 'tls';

/**
 * A listening socket of a process that goes. Asked for when there is somebody to take what it accepts: a connection that nobody takes at
 * once has been read from by the time somebody does.
 */
export interface InheritedPort {
  take(onConnection: (socket: Socket) => void): Promise<Server>;
}

export interface Inherited {
  readonly plain: InheritedPort | null;
  readonly tls: InheritedPort | null;
}

/** The successor's side; `null` where there is no predecessor. */
export interface Predecessor {
  readonly listeners: Inherited;
  /** Says that this code runs; resolves when the state directory is free. */
  released(): Promise<void>;
  /** Says that everything is served; resolves when the admin ports are free. */
  serving(): Promise<void>;
  /** The predecessor is gone, and with it whoever supervises. */
  onGone(end: () => void): void;
}

export function predecessor(env: NodeJS.ProcessEnv): Predecessor | null {
  if (env['TIDEGATE_HAND_OVER'] === undefined || process.send === undefined) return null;
  const ask = (word: ToPredecessor, answer: (message: ToSuccessor, handle: unknown) => boolean): Promise<void> =>
    new Promise((resolve) => {
      process.on('message', function listen(message: ToSuccessor, handle: unknown) {
        if (!answer(message, handle)) return;
        process.off('message', listen);
        resolve();
      });
      process.send?.(word);
    });
  const port = (of: PortKind): InheritedPort => ({
    async take(onConnection) {
      const given: Server[] = [];
      await ask(of, (message, handle) => {
        if (message.is !== 'listener' || message.of !== of) return false;
        const server = handle as Server; // sent with exactly this message
        server.on('connection', onConnection);
        given.push(server);
        return true;
      });
      const [server] = given;
      if (server === undefined) throw new Error('A listener that was given is not there');
      return server;
    },
  });
  return {
    listeners: { plain: port('plain'), tls: port('tls') },
    released: () => ask('loaded', ({ is }) => is === 'released'),
    serving: () => ask('serving', ({ is }) => is === 'ports'),
    onGone: (end) => void process.once('disconnect', end),
  };
}
