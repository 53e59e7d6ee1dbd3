import type { Socket } from 'node:net';

import type { Upstream } from '@tidegate/gateway-ir';
import type { Policy, PolicyRuntime } from '@tidegate/policy-sdk';
import { echoUpstream, type EchoUpstream, type EchoUpstreamOptions } from '@tidegate/testkit';
import { z } from 'zod';

import { type Config, readConfig } from '../config.ts';
import { sampleDeployment } from './sample-held.ts';
import { startTraffic, tcpUpstream, type TcpUpstream, type TestSetup, type TrafficUnderTest } from './start-traffic.ts';

type Engine = Config['router']['engine'];

/** The one that kits made from now on start; see conformance.ts */
export const engineUnderTest: { name: Engine; sharedReads: boolean } = { name: 'stream', sharedReads: true };

/** What one test opens, and how it is closed again: `afterEach(kit.close)`. */
export interface TrafficKit {
  readonly engine: Engine;
  traffic(setup: TestSetup): Promise<TrafficUnderTest>;
  /** An HTTP upstream that answers what it got, or as told */
  upstream(options?: EchoUpstreamOptions): Promise<EchoUpstream>;
  /** An upstream that does not stick to HTTP */
  tcp(onConnection: (socket: Socket) => void): Promise<TcpUpstream>;
  later(close: () => Promise<unknown>): void;
  close(): Promise<void>;
}

export function trafficKit(): TrafficKit {
  const opened: (() => Promise<unknown>)[] = [];
  const { name: engine, sharedReads } = engineUnderTest;
  return {
    engine,
    async traffic(setup) {
      const { http_listener: listener } = { ...readConfig([], {}).router, ...setup.router };
      const router = { engine, ...setup.router, http_listener: { ...listener, shared_reads: sharedReads } };
      const started = await startTraffic({ ...setup, router });
      opened.push(() => started.traffic.drain(0));
      return started;
    },
    async upstream(options = {}) {
      const started = await echoUpstream(options);
      opened.push(() => started.close());
      return started;
    },
    async tcp(onConnection) {
      const started = await tcpUpstream(onConnection);
      opened.push(() => started.close());
      return started;
    },
    later: (close) => void opened.push(close),
    async close() {
      for (const close of opened.splice(0).toReversed()) await close();
    },
  };
}

export function target(port: number, more: object = {}) {
  return { scheme: 'http', host: '127.0.0.1', port, weight: 1, ...more };
}

export interface SampleApi {
  readonly upstream?: Partial<Upstream>;
  readonly policies?: { name: string }[];
  readonly timeoutMs?: number;
  readonly idleTimeoutMs?: number;
}

/** The API of the reference's routing vectors (§1.15) in front of `http://127.0.0.1:<port>/api`, and every method on /files/*. */
export function sampleApi(port: number, { upstream = {}, policies = [], ...timeouts }: SampleApi = {}) {
  return sampleDeployment({
    context: '/w/v1.0',
    upstream: { basePath: '/api', targets: [target(port)], ...upstream },
    policies,
    routes: [
      ...METHODS.map((method) => ({ method, operationPath: '/files/*', ...timeouts })),
      { method: 'GET', operationPath: '/' },
      { method: 'GET', operationPath: '/items' },
      { method: 'GET', operationPath: '/items/{id}' },
    ],
  });
}

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS'];

/** A runtime that builds this policy, whatever the parameters. */
export function samplePolicy(name: string, built: Policy): PolicyRuntime {
  const definition = {
    name,
    version: 'v1',
    fullVersion: '1.0.0',
    displayName: name,
    description: '',
    category: 'traffic',
    phases: [],
    params: z.unknown(),
  } as const;
  return { definition, build: () => built };
}

/** A request as bytes, on a connection of its own. */
export function getRequest(path: string, headers: readonly string[] = []): string {
  return `GET ${path} HTTP/1.1\r\n${['Host: a', 'Connection: close', ...headers].join('\r\n')}\r\n\r\n`;
}
