import 'reflect-metadata';

import { createLogger, type FinishedSpan } from '@tidegate/process';
import { freshDatabase } from '@tidegate/testkit';
import { Registry } from 'prom-client';

import { settingsOf } from '../config.ts';
import { type Controller, startController } from '../controller.ts';
import type { IdpSettings } from '../settings/auth-settings.ts';
import { contractBreach } from './contract-breach.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // What a test expects of a body is what it asserts; `unknown` here would only move the assertion into a cast per line.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
}

export interface Asked {
  readonly method?: string;
  /** Sent as JSON, or as it is when it is a string */
  readonly body?: unknown;
  readonly type?: string;
  /** `user:password`; `null` = no credentials */
  readonly as?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ControllerUnderTest {
  readonly controller: Controller;
  readonly databaseUrl: string;
  /** Everything logged so far, at level debug */
  readonly logs: () => string;
  /** Spans so far; every trace that begins here is sampled */
  readonly spans: readonly FinishedSpan[];
  /** What the metrics port answers */
  metrics(): Promise<string>;
  call(path: string, asked?: Asked): Promise<Answer>;
  close(): Promise<void>;
}

/** What differs from the usual settings */
interface Variation {
  readonly idp?: Partial<IdpSettings>;
  /** Of `[controller]`, instead of what is below */
  readonly settings?: NonNullable<Parameters<typeof settingsOf>[0]['controller']>;
}

/** The whole controller in this process, on a database of its own and free ports, spoken to over real HTTP. */
export async function controllerUnderTest({ idp, settings = {} }: Variation = {}): Promise<ControllerUnderTest> {
  const database = await freshDatabase();
  const lines: string[] = [];
  const values = {
    log: { level: 'debug' as const },
    router: { upstream: { denied_networks: ['169.254.0.0/16'] } },
    controller: {
      server: { port: 0, grpc_port: 0 },
      admin_server: { port: 0 },
      metrics: { port: 0 },
      storage: { postgres: { dsn: database.url } },
      sync: { token: 'sync-token' },
      encryption: { providers: [{ keys: [{ version: 'test-1', key: '11'.repeat(32) }] }] },
      templates: { env: ['TG_TEST_*'] },
      auth: { basic: { users: USERS }, ...(idp === undefined ? {} : { idp }) },
      ...settings,
    },
  };
  const config = settingsOf(values, ENV);
  const logger = createLogger({
    name: 'gateway-controller',
    ...config.log,
    destination: { write: (line) => void lines.push(line) },
  });
  const registry = new Registry();
  const spans: FinishedSpan[] = [];
  const tracing = { sample: () => true, record: (span: FinishedSpan) => void spans.push(span), close: () => Promise.resolve() };
  const controller = await startController({ config, logger, registry, tracing });
  return {
    controller,
    databaseUrl: database.url,
    logs: () => lines.join(''),
    spans,
    metrics: () => registry.metrics(),
    call: (path, asked = {}) => call(`http://127.0.0.1:${controller.port}${path}`, asked),
    close: async () => {
      await controller.close();
      await database.drop();
    },
  };
}

/** What documents may and may not read of the environment. */
const ENV = { TG_TEST_HOST: 'env.example.com', HOME: '/home/of-the-gateway' };

const USERS = [
  { username: 'admin', password: 'admin', roles: ['admin' as const] },
  { username: 'dev', password: 'dev', roles: ['developer' as const] },
  { username: 'con', password: 'con', roles: ['consumer' as const] },
  { username: 'eve', password: 'eve', roles: ['consumer' as const] },
  { username: 'view', password: 'view', roles: ['viewer' as const] },
  { username: 'none', password: 'none', roles: [] },
];

async function call(
  url: string,
  { method = 'GET', body, type = 'application/json', as = 'admin:admin', headers }: Asked,
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(as === null ? {} : { authorization: `Basic ${Buffer.from(as).toString('base64')}` }),
      ...(body === undefined ? {} : { 'content-type': type }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  const answer: Answer = {
    status: response.status,
    headers: response.headers,
    body: text === '' ? null : isJson ? JSON.parse(text) : text,
  };
  const breach = contractBreach({ method, path: url.slice(new URL(url).origin.length), ...answer });
  if (breach !== null) throw new Error(breach);
  return answer;
}

/** The guide's API under another name, so that tests do not meet. */
export function sampleApi(name: string, spec: Record<string, unknown> = {}) {
  return {
    apiVersion: 'gateway.api-platform.wso2.com/v1alpha1',
    kind: 'RestApi',
    metadata: { name },
    spec: {
      displayName: name,
      version: 'v1.0',
      context: `/${name.toLowerCase()}`,
      upstream: { main: { url: 'https://petstore.example.com' } },
      operations: [{ method: 'GET', path: '/pet/{petId}' }],
      ...spec,
    },
  };
}
