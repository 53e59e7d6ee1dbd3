import { type ChannelCredentials, credentials, experimental, Metadata, type ServiceError } from '@grpc/grpc-js';
import { DiscoveryClient, type JoinResponse } from '@tidegate/gateway-ir';
import type { WatchedCertificates } from '@tidegate/process';

export interface ControllerAddress {
  /** "host:port" */
  readonly address: string;
  readonly channel: ChannelCredentials;
}

/** `certificates` = the authority to trust, and who we are; each connection uses what the files say then. `null` = no TLS, which config.ts allows only towards loopback. */
export function controllerAddress(
  address: string,
  certificates: WatchedCertificates | null,
  hasIdentity = false,
): ControllerAddress {
  if (certificates === null) return { address, channel: credentials.createInsecure() };
  const identity = hasIdentity ? certificates : null;
  return { address, channel: experimental.createCertificateProviderChannelCredentials(certificates, identity) };
}

/**
 * A client for one attempt: its own connection, no back-off of its own (the discovery loop has one), and pings that notice a
 * controller that is gone without a word.
 */
export function openClient({ address, channel }: ControllerAddress): DiscoveryClient {
  return new DiscoveryClient(address, channel, {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_retries': 0,
    'grpc.keepalive_time_ms': 10_000,
    'grpc.keepalive_timeout_ms': 5_000,
    // Frames stay below 1 MiB (discovery.proto, rule 6); a little more leaves room for the envelope.
    'grpc.max_receive_message_length': 2 * 1024 * 1024,
  });
}

const JOIN_DEADLINE_MS = 10_000;

/** Exchanges a join token for a node credential. Rejects with grpc-js's ServiceError. */
export function join(
  controller: ControllerAddress,
  { joinToken, nodeId }: { joinToken: string; nodeId: string },
): Promise<JoinResponse> {
  const client = openClient(controller);
  return new Promise<JoinResponse>((resolve, reject) => {
    const options = { deadline: Date.now() + JOIN_DEADLINE_MS };
    client.join({ joinToken, nodeId }, new Metadata(), options, (error: ServiceError | null, response) => {
      if (error === null) resolve(response);
      else reject(error);
    });
  }).finally(() => client.close());
}
