import { Metadata } from '@grpc/grpc-js';
import type { ControllerMessage, NodeMessage } from '@tidegate/gateway-ir';

import { type ControllerAddress, openClient } from './join.ts';

export interface DiscoveryStream {
  send(message: NonNullable<NodeMessage['message']>): void;
  /** Messages in order; the next is taken from the wire when the last was dealt with. Throws when the stream breaks. */
  readonly messages: AsyncIterable<ControllerMessage>;
  /** Ends our side and gives what was sent a moment to leave. */
  finish(): Promise<void>;
  /** Cuts the stream; `messages` then ends or throws. Harmless when it is over. */
  cancel(): void;
}

/** How long a goodbye may take. */
const FINISH_MS = 1_000;

/** Opens Connect with a node credential. Fails through `messages`, as everything on this stream does. */
export function openStream(controller: ControllerAddress, credential: string): DiscoveryStream {
  const client = openClient(controller);
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${credential}`);
  const call = client.connect(metadata);
  // Errors reach us through the iterator; a stream without any listener would throw them once nobody iterates.
  call.on('error', () => undefined);
  call.once('close', () => client.close());

  return {
    send(message) {
      if (call.writable) call.write({ message });
    },
    messages: call,
    finish: () =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, FINISH_MS);
        // Not `close`, which waits for a reader.
        call.once('status', () => {
          clearTimeout(timer);
          resolve();
        });
        call.end();
      }),
    cancel: () => call.cancel(),
  };
}
