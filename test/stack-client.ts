import { readFileSync } from 'node:fs';

import { waitFor } from '@tidegate/testkit';

import { ask } from '../tools/dev/ask.ts';
import type { Stack } from '../tools/dev/stack.ts';

/** What system tests say to a running stack: the management API as admin, the router as a client, APIM's test control. */
export interface StackClient {
  /** Management API; the parsed body. Any status is an answer. */
  manage(method: string, path: string, body?: unknown): Promise<{ status: number; body: Answer }>;
  /** `GET` through a router. */
  call(path: string, headers?: Readonly<Record<string, string>>, router?: number): Promise<{ status: number; text: string }>;
  /** Epoch, version and table hash a router says it serves. */
  applied(router?: number): Promise<{ version: number; hash: string }>;
  apim(): Promise<ApimState>;
  /** Any other test control of the simulated APIM (control-api.ts); the text it answers. */
  control(method: string, path: string, body?: unknown): Promise<string>;
  /** Makes the simulated APIM misbehave. */
  inject(rule: Record<string, unknown>): Promise<void>;
  clearRules(): Promise<void>;
}

/** What system tests read of the management API's answers; which fields are there depends on the call. */
export interface Answer {
  readonly uuid: string;
  readonly key: string;
  readonly cpSyncStatus: string;
  readonly cpSyncInfo: { readonly id: string | null; readonly generation: number | null; readonly reason: string | null };
  readonly propagation: { readonly state: string; readonly nodes: readonly { readonly id: string }[] };
}

export interface ApimState {
  readonly apis: readonly {
    readonly id: string;
    readonly name: string;
    readonly version: string;
    readonly properties: Readonly<Record<string, string>>;
    readonly revisionsMade: number;
    readonly revisions: readonly { readonly id: string; readonly number: number; readonly deployments: readonly unknown[] }[];
  }[];
  readonly exchanges: readonly {
    readonly seq: number;
    readonly endpoint: string;
    readonly method: string;
    readonly path: string;
    readonly processed: boolean;
    readonly status: number | null;
  }[];
}

/** `?wait=` for a router that is gone takes until its lease has ended. */
const PATIENCE_MS = 60_000;

export function stackClient(stack: Stack): StackClient {
  const { username, password } = stack.credentials;
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const apimControl = async (method: string, path: string, body?: unknown): Promise<string> => {
    if (stack.urls.apim === null) throw new Error('this stack has no simulator');
    const ca = readFileSync(stack.files.apimCa, 'utf8');
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await ask(`${stack.urls.apim}/_control${path}`, { method, ca, timeoutMs: PATIENCE_MS, ...sent });
    if (answer.status >= 300) throw new Error(`${method} /_control${path}: ${answer.status} ${answer.text}`);
    return answer.text;
  };
  return {
    async manage(method, path, body) {
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      const headers = { authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
      const { status, text } = await ask(`${stack.urls.controller}${path}`, { method, headers, timeoutMs: PATIENCE_MS, ...sent });
      return { status, body: JSON.parse(text === '' ? 'null' : text) as Answer };
    },
    call: (path, headers = {}, router = 0) => ask(`${stack.urls.routers[router]}${path}`, { headers, timeoutMs: PATIENCE_MS }),
    async applied(router = 0) {
      const { text } = await ask(`${stack.urls.routerAdmins[router]}/xds_sync_status`);
      const status = JSON.parse(text) as { version: number; hash: string };
      return { version: status.version, hash: status.hash };
    },
    async apim() {
      return JSON.parse(await apimControl('GET', '/state')) as ApimState;
    },
    control: apimControl,
    async inject(rule) {
      await apimControl('POST', '/rules', rule);
    },
    async clearRules() {
      await apimControl('DELETE', '/rules');
    },
  };
}

/** Until the management API says that APIM has this generation. */
export async function synced(client: StackClient, name: string, generation: number, timeoutMs = 60_000): Promise<void> {
  await waitFor(
    async () => {
      const { cpSyncStatus, cpSyncInfo } = (await client.manage('GET', `/rest-apis/${name}`)).body;
      return cpSyncStatus === 'success' && cpSyncInfo.generation === generation;
    },
    { timeoutMs, what: `${name} at generation ${generation} in APIM` },
  );
}

/** A RestApi document with one keyless operation, `GET /`, on the sample backend. */
export function plainApi(name: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    apiVersion: 'gateway.api-platform.wso2.com/v1alpha1',
    kind: 'RestApi',
    metadata: { name },
    spec: {
      displayName: name,
      version: 'v1.0',
      context: `/${name.toLowerCase()}`,
      upstream: { main: { url: 'https://petstore.example.com' } },
      operations: [{ method: 'GET', path: '/' }],
      ...changes,
    },
  };
}
