import { randomUUID } from 'node:crypto';

import { type ServiceError, status } from '@grpc/grpc-js';
import {
  broken,
  createLogger,
  doubtful,
  examineClock,
  examinePeer,
  examinePort,
  examineRedis,
  type Finding,
  fine,
  reasonOf,
} from '@tidegate/process';
import { SyncClient } from '@tidegate/sync-link';

import { createTokenSource } from '../apim/access-token.ts';
import { authorities, type Exchange, openExchange } from '../apim/exchange.ts';
import { readConfig, type SyncConfig } from '../config.ts';
import { readDiscovery, WELL_KNOWN } from '../link/discovery.ts';
import { openCalls } from '../sync/open-calls.ts';

const HOST = 'controller.controlplane.host';
const CREDENTIALS = 'controller.controlplane.apim_oauth2_*';
const TOKEN = 'controller.sync.token';

/** Everything apim-sync needs, looked at without starting it: APIM is asked for a token and nothing else. */
export async function examineApimSync(files: readonly string[]): Promise<Finding[]> {
  const config = readConfig(files, process.env);
  const { apim_sync: own } = config;
  return [
    await examinePort('apim_sync.admin_port', own.admin_host, own.admin_port),
    ...(await examineController(config)),
    await examineRedis(config.redis.url),
    ...(await examineApim(config)),
  ];
}

async function examineController(config: SyncConfig): Promise<Finding[]> {
  const { address, channel, options, metadata, call } = openCalls(config);
  const client = new SyncClient(address, channel, options);
  const subject = `apim_sync.controller_address (${address})`;
  // Nobody has this lease: whoever is let in hears so
  const request = { apiId: randomUUID(), fencingToken: 0, leaseMs: 1000 };
  try {
    await call((callOptions, callback) => client.renew(request, metadata, callOptions, callback));
    return [fine(subject, 'answers, and takes the sync token')];
  } catch (error) {
    return judgeCall(subject, error);
  } finally {
    client.close();
  }
}

/** Pure. */
export function judgeCall(subject: string, error: unknown): Finding[] {
  const code = (error as Partial<ServiceError> | null)?.code;
  if (code === status.UNAUTHENTICATED || code === status.PERMISSION_DENIED) {
    return [
      fine(subject, 'answers'),
      broken(TOKEN, 'the controller does not take it', 'give controller and apim-sync the same secret'),
    ];
  }
  if (code === status.FAILED_PRECONDITION || code === status.NOT_FOUND || code === status.INVALID_ARGUMENT)
    return [fine(subject, 'answers, and takes the sync token')];
  return [broken(subject, reasonOf(error), 'is gateway-controller started, and are address and apim_sync.tls right?')];
}

async function examineApim(config: SyncConfig): Promise<Finding[]> {
  const { controlplane } = config.controller;
  if (controlplane.host === '')
    return [doubtful(HOST, 'not set: nothing is pushed to APIM', `set ${HOST} when there is an APIM`)];
  const { insecure_skip_verify: insecure, http_timeout: httpTimeoutMs } = controlplane;
  const { exchange, close } = openExchange({ host: controlplane.host, insecure, ca: config.apimCa, httpTimeoutMs });
  try {
    const reached = await examinePeer(peerOf(config), Date.now());
    if (reached.some(({ verdict }) => verdict === 'fail')) return reached;
    const unverified = insecure
      ? [
          doubtful(
            'controller.controlplane.insecure_skip_verify',
            'anybody may pose as APIM',
            'name its authority in ca_file and switch this off',
          ),
        ]
      : [];
    return [...reached, ...unverified, ...(await examineDiscovery(config, exchange)), await examineCredentials(config, exchange)];
  } finally {
    close();
  }
}

function peerOf({ controller, apimCa }: SyncConfig) {
  const { hostname, port } = new URL(`https://${controller.controlplane.host}`);
  const ca = authorities(apimCa).ca ?? null;
  const tls = { ca, insecure: controller.controlplane.insecure_skip_verify };
  return { setting: HOST, host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 443 : Number(port), tls };
}

async function examineDiscovery({ controller }: SyncConfig, exchange: Exchange): Promise<Finding[]> {
  const { controlplane } = controller;
  const askedMs = Date.now();
  const result = await exchange({ method: 'GET', path: WELL_KNOWN }, limits());
  const answeredMs = Date.now();
  const found = readDiscovery(result, controlplane.mode);
  const dateMs = result.kind === 'answer' ? Date.parse(result.headers['date'] ?? '') : Number.NaN;
  // The Date header knows whole seconds
  const spreadMs = answeredMs - askedMs + 1000;
  return [
    found.kind === 'onprem'
      ? fine('control plane', `APIM on-prem, gateways below ${found.gatewayPath}`)
      : broken(
          'control plane',
          found.why,
          'is this an APIM that has started? controller.controlplane.mode = "onprem" takes its word for it',
        ),
    ...(Number.isNaN(dateMs) ? [] : [examineClock('APIM', (askedMs + answeredMs) / 2 - dateMs, spreadMs)]),
  ];
}

async function examineCredentials({ controller }: SyncConfig, exchange: Exchange): Promise<Finding> {
  const logger = createLogger({ name: 'apim-sync', level: 'error', format: 'text' });
  const tokens = createTokenSource({
    settings: controller.controlplane,
    exchange,
    logger,
    signal: AbortSignal.timeout(LIMIT_MS),
  });
  const answer = await tokens.get();
  if (answer.ok) return fine(CREDENTIALS, `a token for ${controller.controlplane.apim_oauth2_scopes} was granted`);
  return broken(
    CREDENTIALS,
    answer.failure.message,
    'set client id and secret (or username and password) of an APIM user that may import APIs',
  );
}

const LIMIT_MS = 10_000;

function limits() {
  return { signal: AbortSignal.timeout(LIMIT_MS), timeoutMs: LIMIT_MS };
}
