import { type handleBidiStreamingCall, type handleUnaryCall, status } from '@grpc/grpc-js';
import {
  DiscoveryService as definition,
  type Hello,
  type JoinRequest,
  type JoinResponse,
  type NodeMessage,
} from '@tidegate/gateway-ir';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { Logger } from '@tidegate/process';

import type { ControllerConfig } from '../config.ts';
import { EnrolmentKey } from '../gateways/enrolment.ts';
import { JoinTokens } from '../gateways/join-tokens.ts';
import { type IssuedCredential, NodeCredentials, type NodeIdentity } from '../gateways/node-credentials.ts';
import { Nodes } from '../gateways/nodes.ts';
import { GrpcServer } from '../grpc/grpc-server.ts';
import { CONFIG, LOGGER } from '../settings.module.ts';
import { bearerOf, grpcCall, type ServerCall } from './grpc-call.ts';
import { HelloCheck } from './hello-check.ts';
import type { NodeStream } from './node-stream.ts';
import { StreamRegistry } from './stream-registry.ts';
import { encode } from './push-frames.ts';

/** A connection that does not say Hello in time is closed. */
const HELLO_TIMEOUT_MS = 10_000;
const NODE_ID = /^[A-Za-z0-9._-]{1,128}$/;

/** The gRPC face of discovery: who may come in, and what happens until a stream is one of the registry's. */
@Injectable()
export class DiscoveryService implements OnModuleInit, BeforeApplicationShutdown {
  readonly #server: GrpcServer;
  readonly #joinTokens: JoinTokens;
  readonly #enrolmentKey: EnrolmentKey;
  readonly #credentials: NodeCredentials;
  readonly #nodes: Nodes;
  readonly #check: HelloCheck;
  readonly #streams: StreamRegistry;
  readonly #settings: ControllerConfig['controller']['discovery'];
  readonly #logger: Logger;

  constructor(
    @Inject(GrpcServer) server: GrpcServer,
    @Inject(JoinTokens) joinTokens: JoinTokens,
    @Inject(EnrolmentKey) enrolmentKey: EnrolmentKey,
    @Inject(NodeCredentials) credentials: NodeCredentials,
    @Inject(Nodes) nodes: Nodes,
    @Inject(HelloCheck) check: HelloCheck,
    @Inject(StreamRegistry) streams: StreamRegistry,
    @Inject(CONFIG) config: { readonly controller: Pick<ControllerConfig['controller'], 'discovery'> },
    @Inject(LOGGER) logger: Logger,
  ) {
    this.#server = server;
    this.#joinTokens = joinTokens;
    this.#enrolmentKey = enrolmentKey;
    this.#credentials = credentials;
    this.#nodes = nodes;
    this.#check = check;
    this.#streams = streams;
    this.#settings = config.controller.discovery;
    this.#logger = logger;
  }

  onModuleInit(): void {
    const join: handleUnaryCall<JoinRequest, JoinResponse> = ({ request }, answer) => {
      this.#join(request).then(
        (response) => answer(null, response),
        (error: unknown) => answer(this.#refusal(error)),
      );
    };
    const connect: handleBidiStreamingCall<NodeMessage, Uint8Array> = (call) => void this.#connect(call);
    // Frames come encoded, one encode for all streams: the serializer hands them on as they are.
    const connectRaw = { ...definition.connect, responseSerialize: asBuffer };
    this.#server.addService({ join: definition.join, connect: connectRaw }, { join, connect });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#streams.stop();
  }

  async #join({ joinToken, nodeId }: JoinRequest): Promise<JoinResponse> {
    if (!NODE_ID.test(nodeId))
      throw new Refusal(status.INVALID_ARGUMENT, 'A node id is 1 to 128 characters of A-Z a-z 0-9 . _ -');
    const issued = await this.#admit(joinToken, nodeId);
    this.#logger.info({ gateway: issued.gatewayHandle, nodeId }, 'A node joined');
    return {
      gatewayId: issued.gatewayId,
      gatewayHandle: issued.gatewayHandle,
      nodeCredential: issued.credential,
      expiresAtMs: issued.expiresAtMs,
    };
  }

  /** By the key of a fleet that scales by itself, or by a token made for one node. */
  async #admit(joinToken: string, nodeId: string): Promise<IssuedCredential> {
    const enrolment = await this.#enrolmentKey.enrol(joinToken, nodeId);
    if (enrolment?.is === 'issued') return enrolment.issued;
    if (enrolment?.is === 'held')
      throw new Refusal(status.ALREADY_EXISTS, 'A node of this id is alive; give every node an id of its own');
    const issued = await this.#joinTokens.exchange(joinToken, nodeId);
    if (issued === null) throw new Refusal(status.UNAUTHENTICATED, 'The join token is unknown, used or expired');
    return issued;
  }

  async #connect(grpc: ServerCall): Promise<void> {
    const call = grpcCall(grpc);
    let stream: NodeStream | null = null;
    grpc.on('cancelled', () => stream?.close());
    grpc.on('error', (error) => {
      this.#logger.debug({ err: error }, 'A stream ended');
      stream?.close();
    });
    grpc.on('end', () => (stream === null ? call.end(status.CANCELLED, 'No Hello') : stream.end(status.OK, 'The node hung up')));
    try {
      const identity = await this.#authenticate(grpc);
      const hello = await firstHello(grpc);
      stream = await this.#greet(call, identity, hello);
      // From here on messages are handled as they come, in order, without waiting.
      const opened = stream;
      grpc.on('data', (message: NodeMessage) => opened.hear(message));
      grpc.resume();
      if (grpc.cancelled) return opened.close();
      this.#streams.add(opened);
    } catch (error) {
      const { code, details } = this.#refusal(error);
      call.end(code, details);
    }
  }

  async #authenticate(grpc: ServerCall): Promise<NodeIdentity> {
    const credential = bearerOf(grpc.metadata);
    const identity = credential === null ? null : await this.#credentials.verify(credential);
    if (identity === null)
      throw new Refusal(status.UNAUTHENTICATED, 'The node credential is missing, unknown, expired or revoked');
    return identity;
  }

  async #greet(call: ReturnType<typeof grpcCall>, identity: NodeIdentity, hello: Hello): Promise<NodeStream> {
    if (hello.nodeId !== identity.nodeId)
      throw new Refusal(status.PERMISSION_DENIED, `The credential belongs to node ${identity.nodeId}`);
    if (!(await this.#check.run(identity.gatewayId, hello)))
      throw new Refusal(status.INVALID_ARGUMENT, 'Epoch and version of the Hello are beyond any that were given out');
    const streamEpoch = await this.#nodes.hello(identity.gatewayId, hello);
    if (streamEpoch === null) {
      await this.#nodes.noteDuplicate(identity.gatewayId, identity.nodeId);
      throw new Refusal(status.ALREADY_EXISTS, `A newer process runs as node ${identity.nodeId}`);
    }
    const stream = this.#streams.open(call, identity, hello, streamEpoch);
    const welcome = {
      heartbeatMs: this.#settings.heartbeat,
      leaseMs: this.#settings.lease,
      epoch: this.#streams.epoch,
      streamEpoch,
      gatewayId: identity.gatewayId,
      gatewayHandle: identity.gatewayHandle,
    };
    void call.write(encode({ $case: 'welcome', value: welcome }));
    return stream;
  }

  #refusal(error: unknown): { code: status; details: string } {
    if (error instanceof Refusal) return error;
    this.#logger.warn({ err: error }, 'A call of a router failed');
    // Ours to mend, and worth another try: never let a router take a database outage for a bad credential.
    return { code: status.UNAVAILABLE, details: 'The controller cannot answer now' };
  }
}

/** A view, not a copy. */
function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** What a router is told when it is not let in. */
class Refusal extends Error {
  readonly code: status;
  readonly details: string;

  constructor(code: status, details: string) {
    super(details);
    this.code = code;
    this.details = details;
  }
}

/** The first message, which must be the Hello; the stream is paused after it. */
function firstHello(grpc: ServerCall): Promise<Hello> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Refusal(status.DEADLINE_EXCEEDED, 'No Hello')), HELLO_TIMEOUT_MS);
    grpc.once('cancelled', () => reject(new Refusal(status.CANCELLED, 'The node hung up')));
    grpc.once('close', () => clearTimeout(timer));
    grpc.once('data', ({ message }: NodeMessage) => {
      grpc.pause();
      clearTimeout(timer);
      if (message?.$case === 'hello') resolve(message.value);
      else reject(new Refusal(status.FAILED_PRECONDITION, 'The first message must be Hello'));
    });
  });
}
