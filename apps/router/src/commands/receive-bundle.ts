import { type BundlePart, BUNDLE_BYTES_MAX } from '@tidegate/gateway-ir';

/** Bytes that arrive in parts, one bundle at a time; a second one takes the place of the first. */
export interface BundleReceiver {
  /** Resolves when all of them are here. Rejects when they are too many, do not fit together, or another bundle is announced. */
  receive(commandId: string, bytes: number): Promise<Buffer>;
  /** The same bundle comes again from its beginning. False: it is not awaited. */
  restart(commandId: string): boolean;
  take(part: BundlePart): void;
}

interface Awaited {
  readonly commandId: string;
  readonly bytes: number;
  parts: Buffer[];
  have: number;
  readonly done: (bundle: Buffer) => void;
  readonly failed: (error: Error) => void;
}

export function createBundleReceiver(): BundleReceiver {
  let awaited: Awaited | null = null;
  const fail = (message: string): void => {
    awaited?.failed(new Error(message));
    awaited = null;
  };
  return {
    receive(commandId, bytes) {
      fail('Another bundle was announced');
      if (bytes < 1 || bytes > BUNDLE_BYTES_MAX) return Promise.reject(new Error(`A bundle has 1 to ${BUNDLE_BYTES_MAX} bytes`));
      return new Promise((done, failed) => {
        awaited = { commandId, bytes, parts: [], have: 0, done, failed };
      });
    },
    restart(commandId) {
      if (awaited?.commandId !== commandId) return false;
      awaited.parts = [];
      awaited.have = 0;
      return true;
    },
    take({ commandId, offset, data }) {
      if (awaited?.commandId !== commandId) return;
      if (offset !== awaited.have) return fail(`Bytes ${awaited.have} to ${offset} are missing`);
      if (awaited.have + data.length > awaited.bytes) return fail('There are more bytes than were announced');
      awaited.parts.push(data);
      awaited.have += data.length;
      if (awaited.have < awaited.bytes) return;
      awaited.done(Buffer.concat(awaited.parts));
      awaited = null;
    },
  };
}
