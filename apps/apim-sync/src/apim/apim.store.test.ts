import { createLogger } from '@tidegate/process';
import { controlplaneSettings } from '@tidegate/sync-link';
import { echoUpstream, type EchoUpstream, freePort, type RecordedRequest } from '@tidegate/testkit';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { createTokenSource, maskSecrets, type TokenSource } from './access-token.ts';
import type { CallLimits } from './answer.ts';
import { createAuthorisedExchange } from './authorised.ts';
import { type Exchange, openExchange } from './exchange.ts';
import { createPublisher, type Publisher } from './publisher.ts';

type Handler = (request: RecordedRequest, response: ServerResponse) => void | Promise<void>;

let server: EchoUpstream;
let handler: Handler;
let logged: string[];
let open: { exchange: Exchange; close(): void } | undefined;
let exchange: Exchange;
let tokens: TokenSource;
let publisher: Publisher;
const ends = new AbortController();

const limits: CallLimits = { signal: ends.signal, remainingMs: () => 5000 };
const send = (response: ServerResponse, status: number, body: unknown) =>
  response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));

beforeEach(async () => {
  handler = (_request, response) => void send(response, 500, '');
  server = await echoUpstream({ tls: true, answer: (request, response) => handler(request, response) });
  use({});
});

afterEach(async () => {
  open?.close();
  await server.close();
});

function use(changes: {
  insecure?: boolean;
  ca?: string | null;
  host?: string;
  settings?: Record<string, unknown>;
  timeoutMs?: number;
  nowMs?: () => number;
}): void {
  open?.close();
  logged = [];
  const host = changes.host ?? `localhost:${server.port}`;
  const settings = controlplaneSettings.parse({
    host,
    apim_oauth2_client_id: 'id',
    apim_oauth2_client_secret: 'very-secret',
    ...changes.settings,
  });
  const logger = createLogger({
    name: 't',
    level: 'debug',
    format: 'json',
    destination: { write: (line) => void logged.push(line) },
  });
  open = openExchange({
    host,
    insecure: changes.insecure ?? false,
    ca: changes.ca === undefined ? server.ca : changes.ca,
    httpTimeoutMs: changes.timeoutMs ?? 3000,
  });
  exchange = open.exchange;
  tokens = createTokenSource({
    settings,
    exchange,
    logger,
    signal: ends.signal,
    ...(changes.nowMs ? { nowMs: changes.nowMs } : {}),
  });
  publisher = createPublisher(createAuthorisedExchange(exchange, tokens), 'onprem-gw');
}

/** Gives tokens t1, t2, … and leaves the rest to `rest`. */
function withTokens(rest: Handler, expires_in: number | undefined = 3600): void {
  let given = 0;
  handler = (request, response) => {
    if (request.url !== '/oauth2/token') return rest(request, response);
    send(response, 200, { access_token: `t${(given += 1)}`, ...(expires_in === undefined ? {} : { expires_in }) });
  };
}

const urls = () => server.requests.map(({ method, url }) => `${method} ${url}`);

describe('the exchange', () => {
  const look = { method: 'GET', path: '/x' } as const;
  const within = { signal: ends.signal, timeoutMs: 2000 };

  test('does not trust a certificate nobody vouches for, and sends nothing', async () => {
    use({ ca: null });
    expect(await exchange(look, within)).toMatchObject({ kind: 'no-answer', sent: false });
    expect(server.requests).toHaveLength(0);
  });

  test('unless told to', async () => {
    use({ ca: null, insecure: true });
    expect(await exchange(look, within)).toMatchObject({ kind: 'answer', status: 500 });
  });

  test('knows a closed door from a lost answer', async () => {
    use({ host: `localhost:${await freePort()}` });
    expect(await exchange(look, within)).toMatchObject({ kind: 'no-answer', sent: false });
    use({});
    handler = (_request, response) => void response.destroy();
    expect(await exchange(look, within)).toMatchObject({ kind: 'no-answer', sent: true });
  });

  test('gives up on a silent server, also in the middle of an answer, and when told to', async () => {
    use({ timeoutMs: 100 });
    handler = () => undefined;
    expect(await exchange(look, within)).toMatchObject({ kind: 'no-answer', sent: true });
    handler = (_request, response) => void response.writeHead(200).write('half');
    expect(await exchange(look, within)).toMatchObject({ kind: 'no-answer', sent: true });
    expect(await exchange(look, { ...within, signal: AbortSignal.abort() })).toMatchObject({ kind: 'no-answer' });
  });

  test('follows no redirect and reads no endless answer', async () => {
    handler = (_request, response) => void response.writeHead(302, { location: 'https://localhost:1/' }).end();
    expect(await exchange(look, within)).toMatchObject({ kind: 'answer', status: 302 });
    handler = (_request, response) => void response.writeHead(200).end(Buffer.alloc(11 * 1024 * 1024));
    expect(await exchange(look, within)).toMatchObject({ kind: 'no-answer' });
  });
});

describe('the token', () => {
  test('is asked for once by many, with the configured scopes, and kept', async () => {
    withTokens((_request, response) => void send(response, 500, ''));
    const all = await Promise.all([tokens.get(), tokens.get(), tokens.get()]);
    expect(all).toEqual(Array.from({ length: 3 }, () => ({ ok: true, value: 't1' })));
    await tokens.get();
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]).toMatchObject({
      body: 'grant_type=client_credentials&scope=apim%3Aapi_import_export+apim%3Aapi_view',
      headers: {
        authorization: `Basic ${Buffer.from('id:very-secret').toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
    });
  });

  test('is asked for by password where that is all there is', async () => {
    use({
      settings: {
        apim_oauth2_client_id: '',
        apim_oauth2_client_secret: '',
        apim_oauth2_username: 'ad min',
        apim_oauth2_password: 'p&w',
      },
    });
    withTokens((_request, response) => void send(response, 500, ''));
    await tokens.get();
    expect(server.requests[0]?.body).toBe(
      'grant_type=password&username=ad+min&password=p%26w&scope=apim%3Aapi_import_export+apim%3Aapi_view',
    );
    expect(server.requests[0]?.headers.authorization).toBeUndefined();
  });

  test('without any credentials blocks, without asking anybody', async () => {
    use({ settings: { apim_oauth2_client_id: '' } });
    expect(await tokens.get()).toMatchObject({ ok: false, failure: { class: 'blocked', code: 'credentials' } });
    expect(server.requests).toHaveLength(0);
  });

  test('is asked for again when its life is nearly over', async () => {
    withTokens((_request, response) => void send(response, 500, ''), 100);
    let nowMs = 0;
    use({ nowMs: () => nowMs });
    const got = [];
    for (nowMs of [0, 89_000, 91_000]) got.push(await tokens.get());
    expect(got.map((each) => each.ok && each.value)).toEqual(['t1', 't1', 't2']);
  });

  test.each([
    [401, { error: 'invalid_client', error_description: 'No such client' }, 'blocked', 'credentials'],
    [400, { error: 'invalid_scope' }, 'blocked', 'credentials'],
    [503, 'starting', 'retryable', 'apim_unavailable'],
    [404, '<html>', 'retryable', 'apim_unavailable'],
    // nobody refused anything: a proxy's page, or an APIM that is still starting
    [200, { token: 'x' }, 'retryable', 'unreadable_answer'],
  ])('not found in an answer %d %j: %s', async (status, body, kind, code) => {
    handler = (_request, response) => void send(response, status, body);
    expect(await tokens.get()).toMatchObject({ ok: false, failure: { class: kind, code, notSent: true } });
    expect(logged.join('')).toContain('Access token not found');
  });

  test('never reaches the log, nor does the secret', async () => {
    handler = (_request, response) =>
      void send(response, 200, { access_token: 'tok-en', refresh_token: 're-fresh', scope: 'apim:api_view' });
    await tokens.get();
    const log = logged.join('');
    expect(log).toContain('APIM token exchange');
    expect(log).toContain('apim:api_view');
    for (const secret of ['tok-en', 're-fresh', 'very-secret', Buffer.from('id:very-secret').toString('base64')])
      expect(log).not.toContain(secret);
    expect(maskSecrets('{"access_token" : "a\\"b","x":1}')).toBe('{"access_token" : "***","x":1}');
  });
});

describe('the publisher', () => {
  test('a refused token is replaced once, a second refusal blocks', async () => {
    withTokens(
      (request, response) => void send(response, request.headers.authorization === 'Bearer t1' ? 401 : 404, { code: 900404 }),
    );
    expect(await publisher.read('a', limits)).toEqual({ ok: true, value: null });
    expect(urls()).toEqual([
      'POST /oauth2/token',
      'GET /api/am/publisher/v4/apis/a',
      'POST /oauth2/token',
      'GET /api/am/publisher/v4/apis/a',
    ]);

    withTokens((_request, response) => void send(response, 401, ''));
    expect(await publisher.read('a', limits)).toMatchObject({ ok: false, failure: { class: 'blocked', code: 'token_refused' } });
  });

  test('imports with the query string, the part and the file name of the contract', async () => {
    withTokens((_request, response) => void send(response, 200, { id: 'r', revision: '2' }));
    expect(await publisher.importArchive('0197.zip', Buffer.from('ZIP'), limits)).toEqual({
      ok: true,
      value: { id: 'r', revision: '2' },
    });
    const request = server.requests[1];
    expect(request?.url).toBe(
      '/api/am/publisher/v4/apis/import?preserveProvider=false&overwrite=true&dryRun=false&rotateRevision=true',
    );
    expect(request?.headers).toMatchObject({ accept: 'application/json', authorization: 'Bearer t1' });
    expect(request?.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
    expect(request?.body).toContain(
      'Content-Disposition: form-data; name="file"; filename="0197.zip"\r\nContent-Type: application/octet-stream\r\n\r\nZIP\r\n',
    );
  });

  test('an import whose answer cannot be read has an unknown outcome', async () => {
    withTokens((_request, response) => void send(response, 200, 'API imported successfully.'));
    expect(await publisher.importArchive('a.zip', Buffer.from(''), limits)).toMatchObject({
      ok: false,
      failure: { class: 'retryable', outcomeUnknown: true },
    });
  });

  test('finds exactly, and reads marks from a list or a map', async () => {
    const marks = { id: 'api', generation: 3, hash: 'h' };
    const list = [
      { name: 'tidegate_id', value: 'api', display: false },
      { name: 'tidegate_generation', value: '3' },
      { name: 'tidegate_hash', value: 'h' },
    ];
    const map = Object.fromEntries(list.map((each) => [each.name, each]));
    for (const properties of [
      { additionalProperties: list },
      { additionalPropertiesMap: map },
      { additionalProperties: map, additionalPropertiesMap: null },
    ]) {
      withTokens((request, response) => {
        const found = { id: '2', name: 'Pet Store', version: 'v1' };
        if (request.url.includes('?'))
          return void send(response, 200, { list: [{ id: '1', name: 'Pet Store Two', version: 'v1' }, found] });
        send(response, 200, { ...found, ...properties });
      });
      expect(await publisher.find('Pet Store', 'v1', limits)).toMatchObject({
        ok: true,
        value: { id: '2', name: 'Pet Store', version: 'v1', marks },
      });
    }
    expect(urls()).toContain('GET /api/am/publisher/v4/apis?query=name%3A%22Pet+Store%22+version%3A%22v1%22&limit=100&offset=0');
  });

  test('finds it behind any number of others whose names hold its own', async () => {
    const others = Array.from({ length: 30 }, (_, index) => ({ id: `o${index}`, name: `Pet Store ${index}`, version: 'v1' }));
    const all = [...others, { id: '2', name: 'Pet Store', version: 'v1' }];
    withTokens((request, response) => {
      const { searchParams, pathname } = new URL(request.url, 'https://apim');
      if (pathname.endsWith('/2')) return void send(response, 200, all.at(-1));
      const offset = Number(searchParams.get('offset'));
      // fewer than asked for: a server may have a bound of its own
      send(response, 200, { list: all.slice(offset, offset + 10), pagination: { total: all.length } });
    });
    expect(await publisher.find('Pet Store', 'v1', limits)).toMatchObject({ ok: true, value: { id: '2' } });
    expect(await publisher.find('Pet', 'v1', limits)).toEqual({ ok: true, value: null });
  });

  test('undeploys a revision from this gateway only', async () => {
    withTokens((_request, response) => void send(response, 201, []));
    expect(await publisher.undeployRevision('a', '2', limits)).toEqual({ ok: true, value: 'undeployed' });
    expect(server.requests[1]).toMatchObject({
      method: 'POST',
      url: '/api/am/publisher/v4/apis/a/undeploy-revision?revisionId=2',
      body: '[{"name":"onprem-gw","displayOnDevportal":false}]',
    });
    withTokens((_request, response) => void send(response, 404, { code: 900404, message: 'Not Found' }));
    expect(await publisher.undeployRevision('a', '2', limits)).toEqual({ ok: true, value: 'gone' });
  });

  test('a page that says 404 is not an answer of the publisher', async () => {
    withTokens((_request, response) => void send(response, 404, '<html>Tomcat</html>'));
    expect(await publisher.read('a', limits)).toMatchObject({
      ok: false,
      failure: { class: 'retryable', code: 'apim_unavailable' },
    });
  });

  test('lists the revisions deployed here', async () => {
    withTokens(
      (_request, response) =>
        void send(response, 200, {
          list: [
            { id: 'x', deploymentInfo: [{ name: 'other' }] },
            { id: 'y', deploymentInfo: [{ name: 'onprem-gw' }] },
            { id: 'z' },
          ],
        }),
    );
    expect(await publisher.deployedRevisions('a', limits)).toEqual({ ok: true, value: ['y'] });
  });

  test('nothing is sent when the lease has no time left', async () => {
    withTokens((_request, response) => void send(response, 200, {}));
    expect(await publisher.importArchive('a.zip', Buffer.from(''), { ...limits, remainingMs: () => 0 })).toMatchObject({
      ok: false,
      failure: { code: 'lease_over', notSent: true, outcomeUnknown: false },
    });
    expect(urls()).toEqual(['POST /oauth2/token']);
  });
});
