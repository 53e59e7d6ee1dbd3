import { once } from 'node:events';

import { type Metadata, type ServerDuplexStream, status } from '@grpc/grpc-js';
import type { NodeMessage } from '@tidegate/gateway-ir';

import type { NodeCall } from './node-stream.ts';

export type ServerCall = ServerDuplexStream<NodeMessage, Uint8Array>;

/** A server call as streams use it: writes that respect back-pressure, and one end. */
export function grpcCall(call: ServerCall): NodeCall {
  const over = new AbortController();
  for (const event of ['cancelled', 'close', 'error']) call.on(event, () => over.abort());
  return {
    async write(frame) {
      if (over.signal.aborted || call.write(frame)) return;
      // An end while waiting is no error: the caller looks at its own state next.
      await once(call, 'drain', { signal: over.signal }).catch(() => undefined);
    },
    end(code, details) {
      if (over.signal.aborted) return;
      over.abort();
      if (code === status.OK) call.end();
      else call.emit('error', { code, details });
    },
  };
}

/** `authorization: Bearer <token>`; `null` when there is none. */
export function bearerOf(metadata: Metadata): string | null {
  const [header] = metadata.get('authorization');
  return typeof header === 'string' ? (/^Bearer (\S{1,512})$/.exec(header)?.[1] ?? null) : null;
}
