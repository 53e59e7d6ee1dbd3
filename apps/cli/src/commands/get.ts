import { type Arguments, oneOf } from '../arguments.ts';
import type { Body, Client } from '../client.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { formatted } from '../output.ts';
import type { Terminal } from '../terminal.ts';
import { everyPage } from './every-page.ts';
import { apiPath } from './paths.ts';

/** `get apis [NAME]`, `get gateways`, `get session`, and what routers are told beside APIs */
export async function getCommand(args: Arguments, client: Client, terminal: Terminal): Promise<ExitCode> {
  const kind = oneOf(args.words[1], ['apis', 'api', 'gateways', 'session', ...LISTS.keys()], 'apis');
  const name = args.words[2];
  if (kind === 'session') {
    const { body } = await client.call('GET', '/session');
    const rows = [[client.server, body.user.id, body.user.roles.join(',')]];
    terminal.print(formatted({ value: body, header: ['SERVER', 'USER', 'ROLES'], rows }, args.output));
  } else if (LISTS.has(kind)) {
    await getList(kind, args, client, terminal);
  } else if (kind === 'gateways') {
    const gateways = await everyPage(client, '/gateways', 'gateways');
    const rows = gateways.map((gateway) => [gateway.handle, String(gateway.version), String(gateway.nodes?.length ?? 0)]);
    terminal.print(formatted({ value: gateways, header: ['GATEWAY', 'VERSION', 'NODES'], rows }, args.output));
  } else {
    const apis =
      name === undefined ? await everyPage(client, '/rest-apis', 'apis') : [(await client.call('GET', apiPath(name))).body];
    terminal.print(formatted({ value: name === undefined ? apis : apis[0], ...apiTable(apis) }, args.output));
  }
  return EXIT.done;
}

interface List {
  readonly path: string;
  readonly plural: string;
  readonly header: readonly string[];
  readonly row: (item: Body) => unknown[];
}

const LISTS: ReadonlyMap<string, List> = new Map([
  [
    'plans',
    {
      path: '/subscription-plans',
      plural: 'subscriptionPlans',
      header: ['PLAN', 'LIMIT', 'STATUS', 'SUBSCRIPTIONS', 'ID'],
      row: ({ planName, throttleLimitCount: count, throttleLimitUnit: unit, status, subscriptionCount, id }) => [
        planName,
        count === undefined ? 'none' : `${String(count)}/${String(unit)}`,
        status,
        subscriptionCount,
        id,
      ],
    },
  ],
  [
    'subscriptions',
    {
      path: '/subscriptions',
      plural: 'subscriptions',
      header: ['API', 'APPLICATION', 'PLAN', 'STATUS', 'EFFECTIVE', 'ID'],
      row: ({ apiHandle, applicationId, subscriptionPlanName, status, effective, id }) => [
        apiHandle,
        applicationId ?? '',
        subscriptionPlanName ?? '',
        status,
        effective,
        id,
      ],
    },
  ],
  [
    'certificates',
    {
      path: '/certificates',
      plural: 'certificates',
      header: ['NAME', 'VALIDITY', 'NOT AFTER', 'COUNT', 'SUBJECT', 'ID'],
      row: ({ name, validity, notAfter, count, subject, id }) => [name, validity, notAfter, count, subject, id],
    },
  ],
  [
    'secrets',
    {
      path: '/secrets',
      plural: 'secrets',
      header: ['NAME', 'DISPLAY NAME', 'GENERATION', 'UPDATED'],
      row: ({ metadata, spec, status }) => [metadata.name, spec?.displayName, status?.generation, status?.updatedAt],
    },
  ],
]);

async function getList(kind: string, args: Arguments, client: Client, terminal: Terminal): Promise<void> {
  const { path, plural, header, row } = LISTS.get(kind) as List; // asked by the caller
  const items = await everyPage(client, path, plural);
  const rows = items.map((item) => row(item).map(String));
  terminal.print(formatted({ value: items, header: [...header], rows }, args.output));
}

function apiTable(apis: readonly Body[]) {
  return {
    header: ['NAME', 'VERSION', 'CONTEXT', 'STATE', 'APIM', 'GENERATION', 'UPDATED', 'UUID', 'REASON'],
    rows: apis.map((api) => [
      String(api.metadata.name),
      String(api.version),
      String(api.context),
      String(api.desiredState),
      String(api.cpSyncStatus ?? 'control plane'),
      String(api.generation),
      String(api.updatedAt),
      String(api.uuid),
      String(api.cpSyncInfo?.reason ?? ''),
    ]),
    wideColumns: 4,
  };
}
