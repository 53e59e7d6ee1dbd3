import {
  type ChannelCredentials,
  type ClientOptions,
  credentials,
  experimental,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { watchCertificates } from '@tidegate/process';

import type { SyncConfig } from '../config.ts';

/** What every client of the controller needs. Calls reject with ServiceError; each is answered or rejected within 5 s. */
export interface Calls {
  readonly address: string;
  readonly channel: ChannelCredentials;
  readonly options: ClientOptions;
  readonly metadata: Metadata;
  call<A>(run: (options: { deadline: Date }, callback: (error: ServiceError | null, answer: A) => void) => unknown): Promise<A>;
}

const CALL_MS = 5000;

export function openCalls({ apim_sync, controller }: SyncConfig): Calls {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${controller.sync.token.reveal()}`);
  return {
    address: apim_sync.controller_address,
    channel: apim_sync.tls.enabled ? secured(apim_sync.tls) : credentials.createInsecure(),
    options: {
      // Back within a second or two of the controller, whose restart must not look like a lost claim
      'grpc.initial_reconnect_backoff_ms': 200,
      'grpc.max_reconnect_backoff_ms': 2000,
      'grpc.keepalive_time_ms': 20_000,
      'grpc.keepalive_timeout_ms': 5000,
    },
    metadata,
    call: (run) =>
      new Promise((resolve, reject) => {
        run({ deadline: new Date(Date.now() + CALL_MS) }, (error, answer) => (error === null ? resolve(answer) : reject(error)));
      }),
  };
}

/** Each connection uses what the files say then; files that cannot be used leave those before. */
function secured({
  ca_file: caFile,
  cert_file: certFile,
  key_file: keyFile,
}: SyncConfig['apim_sync']['tls']): ChannelCredentials {
  const watched = watchCertificates({ caFile, certFile, keyFile }, { everyMs: CERTIFICATES_MS, onProblem: () => undefined });
  return experimental.createCertificateProviderChannelCredentials(watched, certFile === '' ? null : watched);
}

const CERTIFICATES_MS = 10_000;
