import { createHmac, randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { Secret } from '@tidegate/process';
import { waitFor } from '@tidegate/testkit';
import { Pool } from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';

import { type ControllerUnderTest, controllerUnderTest } from '../testing/controller-under-test.ts';
import { oweWebhook } from './owe-webhook.ts';
import { postWebhook } from './post-webhook.ts';

/** A receiver on this machine; what the relay does with what is owed to it. */

interface Received {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

const secret = `secret-${randomUUID()}`;
let received: Received[] = [];
let answers: number[] = [];
let receiver: Server;
let under: ControllerUnderTest;
let pool: Pool;

beforeAll(async () => {
  receiver = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      received.push({ headers: request.headers, body: Buffer.concat(pieces).toString('utf8') });
      const status = answers.shift() ?? 204;
      response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const endpoint = { url: url(), secret, events: ['sync'] };
  under = await controllerUnderTest({
    settings: {
      webhooks: {
        endpoints: [
          { ...endpoint, name: 'here', allow_private: true },
          { ...endpoint, name: 'guarded' },
        ],
      },
    },
  });
  pool = new Pool({ connectionString: under.databaseUrl });
});

afterEach(() => {
  received = [];
  answers = [];
});

afterAll(async () => {
  await pool?.end();
  await under?.close();
  receiver.close();
});

test('delivers with a signature over exactly what is sent', async () => {
  await oweWebhook(pool, { destination: 'config:here', type: 'sync.failed', data: { api: 'Ä' } });
  await arrived(1);
  const [{ headers, body }] = received as [Received];
  const [, at = '', digest] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['tidegate-signature'])) ?? [];
  expect(createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')).toBe(digest);
  expect(JSON.parse(body)).toEqual({
    id: expect.any(String) as string,
    type: 'sync.failed',
    at: expect.any(String) as string,
    data: { api: 'Ä' },
  });
  expect(headers).toMatchObject({ 'tidegate-event': 'sync.failed', 'content-type': 'application/json' });
  await settled('delivered', 1);
});

test('what is refused is sent again, the same, and what comes after it waits its turn', async () => {
  answers = [500, 302];
  await oweWebhook(pool, { destination: 'config:here', type: 'sync.failed', data: { turn: 1 } });
  await oweWebhook(pool, { destination: 'config:here', type: 'sync.recovered', data: { turn: 2 } });
  await arrived(1);
  await hurry(2);
  await hurry(4);
  const bodies = received.map(({ body }) => body);
  expect(new Set(bodies.slice(0, 3)).size).toBe(1);
  expect(bodies.map((body) => (JSON.parse(body) as { data: { turn: number } }).data.turn)).toEqual([1, 1, 1, 2]);
});

test('without a commit nothing is owed; a destination that is no more is dropped; a day later a failure is final', async () => {
  const client = await pool.connect();
  await client.query('BEGIN');
  await oweWebhook(client, { destination: 'config:here', type: 'sync.failed', data: {} });
  await client.query('ROLLBACK');
  client.release();
  await oweWebhook(pool, { destination: 'nobody:7', type: 'sync.failed', data: {} });
  expect(await lastError('nobody:7', 'dropped')).toMatch(/not there any more/);
  answers = [503];
  await pool.query(
    `INSERT INTO webhook_delivery (destination, event_type, data, created_at) VALUES ('config:here', 'sync.failed', '{}', now() - interval '25 hours')`,
  );
  await settled('dropped', 2);
  expect(received).toHaveLength(1);
});

test('this machine and private networks are not reached unless it is permitted, however they are written', async () => {
  await oweWebhook(pool, { destination: 'config:guarded', type: 'sync.failed', data: {} });
  expect(await lastError('config:guarded', 'pending')).toMatch(/must be https/);
  const { port } = receiver.address() as AddressInfo;
  for (const host of ['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '2130706433', '0x7f.1', '169.254.169.254']) {
    const to = { url: `https://${host}:${port}/`, secret: new Secret(secret), allowPrivate: false };
    expect(await postWebhook(to, { id: '1', type: 't', body: '{}' })).toMatchObject({
      ok: false,
      message: expect.stringMatching(/not public/) as string,
    });
  }
  expect(received).toEqual([]);
});

test('a destination that is away is owed at most a thousand, and the secret is in no table', async () => {
  await pool.query(
    `INSERT INTO webhook_delivery (destination, event_type, data, next_attempt_at)
     SELECT 'config:away', 't', '{}', now() + interval '1 hour' FROM generate_series(1, 1000)`,
  );
  await oweWebhook(pool, { destination: 'config:away', type: 't', data: {} });
  const { rows } = await pool.query<{ count: number }>(
    `SELECT count(*)::int FROM webhook_delivery WHERE destination = 'config:away'`,
  );
  expect(rows[0]?.count).toBe(1000);
  const { rows: found } = await pool.query(`SELECT 1 FROM webhook_delivery WHERE webhook_delivery::text LIKE '%' || $1 || '%'`, [
    secret,
  ]);
  expect(found).toEqual([]);
  expect(under.logs()).not.toContain(secret);
});

function url(): string {
  return `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
}

function arrived(count: number): Promise<unknown> {
  return waitFor(() => received.length >= count, { timeoutMs: 30_000, what: `${count} deliveries` });
}

/** Makes what waits for time due until so many have arrived. */
async function hurry(count: number): Promise<void> {
  await waitFor(
    async () => {
      // one under way has its lease left
      await pool.query(
        `UPDATE webhook_delivery SET next_attempt_at = now() WHERE destination = 'config:here' AND state = 'pending' AND last_error IS NOT NULL
           AND next_attempt_at < now() + interval '20 seconds'`,
      );
      await pool.query(`NOTIFY tidegate_webhooks`);
      return received.length >= count;
    },
    { timeoutMs: 30_000, what: `${count} deliveries` },
  );
}

async function settled(state: string, attemptsAtLeast: number): Promise<void> {
  await waitFor(
    async () => (await pool.query(`SELECT 1 FROM webhook_delivery WHERE state = $1`, [state])).rows.length >= attemptsAtLeast,
    { timeoutMs: 30_000, what: `${attemptsAtLeast} ${state}` },
  );
}

function lastError(destination: string, state: string): Promise<string> {
  return waitFor(
    async () => {
      const { rows } = await pool.query<{ last_error: string | null }>(
        `SELECT last_error FROM webhook_delivery WHERE destination = $1 AND state = $2`,
        [destination, state],
      );
      return rows[0]?.last_error ?? null;
    },
    { timeoutMs: 30_000, what: `an outcome for ${destination}` },
  );
}
