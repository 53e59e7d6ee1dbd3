import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';

import { changeEvent, type ChangeEvent } from '@tidegate/management-api';
import { waitFor } from '@tidegate/testkit';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

import { type ControllerUnderTest, controllerUnderTest, sampleApi } from '../testing/controller-under-test.ts';

let under: ControllerUnderTest;
let database: Client;
const listening: ClientRequest[] = [];

beforeAll(async () => {
  under = await controllerUnderTest();
  database = new Client({ connectionString: under.databaseUrl });
  await database.connect();
});

afterEach(() => listening.splice(0).forEach((one) => one.destroy()));

afterAll(async () => {
  await database.end();
  await under.close();
});

interface Heard {
  readonly status: number;
  /** As the stream wrote them, in order */
  readonly events: { id: string; type: string; event: ChangeEvent | null }[];
  readonly lastId: () => string;
  readonly ended: () => boolean;
}

/** Not by fetch: it opens a new connection in place of an aborted one, for which a stopping server waits. */
async function opened(port: number, as: string, lastEventId?: string): Promise<IncomingMessage> {
  const asked = request(`http://127.0.0.1:${port}/events`, {
    agent: false,
    headers: {
      authorization: `Basic ${Buffer.from(as).toString('base64')}`,
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    },
  });
  listening.push(asked);
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  asked.on('error', () => undefined); // ended by us
  return response;
}

async function listen(as: string, lastEventId?: string): Promise<Heard> {
  const response = await opened(under.controller.port, as, lastEventId);
  const events: Heard['events'] = [];
  const heard = { lastId: '', over: false };
  const read = async () => {
    let rest = '';
    for await (const chunk of response) {
      rest += String(chunk);
      const blocks = rest.split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s, 2)));
        heard.lastId = fields['id'] ?? heard.lastId;
        if (fields['event'] === undefined) continue;
        const event = fields['event'] === 'resync' ? null : changeEvent.parse(JSON.parse(fields['data']));
        events.push({ id: fields['id'], type: fields['event'], event });
      }
    }
  };
  void read().then(
    () => (heard.over = true),
    () => (heard.over = true),
  );
  const stream = { status: response.statusCode ?? 0, events, lastId: () => heard.lastId, ended: () => heard.over };
  if (response.statusCode === 200) await waitFor(() => heard.lastId !== '', { what: 'the position of the stream' });
  return stream;
}

const types = ({ events }: Heard) => events.map(({ type }) => type);
const until = (what: string, condition: () => unknown) => waitFor(condition, { what });
const make = (name: string) => under.call('/rest-apis', { method: 'POST', body: sampleApi(name) });

it('tells what changes in the order of commits, identity and status only', async () => {
  const heard = await listen('dev:dev');
  const { body } = await make('Told');
  await under.call('/rest-apis/Told', { method: 'PUT', body: sampleApi('Told') });
  await under.call('/rest-apis/Told', { method: 'DELETE' });
  const own = () => heard.events.filter(({ type }) => type !== 'rest-api.sync');
  await until('three events', () => own().length === 3);
  expect(own().map(({ type }) => type)).toEqual(['rest-api.created', 'rest-api.updated', 'rest-api.deleted']);
  expect(own()[1]?.event).toMatchObject({
    subject: { id: body.uuid, name: 'Told' },
    data: { generation: 2, desiredState: 'deployed' },
  });
  expect(JSON.stringify(heard.events)).not.toContain('petstore.example.com');
  const ids = heard.events.map(({ id }) => Number(id.split('-')[1]));
  expect(ids).toEqual([...ids].sort((a, b) => a - b));
});

it('goes on from Last-Event-ID without a gap, and says when it cannot', async () => {
  const before = await listen('admin:admin');
  await make('Gap1');
  await until('the first', () => types(before).includes('rest-api.created'));
  const from = before.events.find(({ type }) => type === 'rest-api.created')?.id;
  listening.splice(0).forEach((one) => one.destroy());
  await make('Gap2');
  await make('Gap3');
  const after = await listen('admin:admin', from);
  const made = () => after.events.flatMap(({ type, event }) => (type === 'rest-api.created' ? [event?.subject.name] : []));
  await until('both', () => made().length === 2);
  expect(made()).toEqual(['Gap2', 'Gap3']);

  for (const unknown of ['0-1', 'nonsense', '1-99999999']) {
    const lost = await listen('admin:admin', unknown);
    await until('the word', () => lost.events.length > 0);
    expect(types(lost)[0]).toBe('resync');
  }
});

it('lets consumers hear of their own keys and of nothing else', async () => {
  const [own, other, developer] = [await listen('con:con'), await listen('eve:eve'), await listen('dev:dev')];
  await make('Heard');
  await under.call('/rest-apis/Heard/api-keys', { method: 'POST', body: { name: 'con-key' }, as: 'con:con' });
  await under.call('/rest-apis/Heard/api-keys/con-key/regenerate', { method: 'POST', body: {}, as: 'con:con' });
  await under.call('/rest-apis/Heard/api-keys/con-key', { method: 'DELETE', as: 'con:con' });
  await make('HeardLast');
  await until('the last API', () => developer.events.some(({ event }) => event?.subject.name === 'HeardLast'));
  await until('three words about the key', () => own.events.length === 3);
  expect(types(own)).toEqual(['api-key.created', 'api-key.updated', 'api-key.revoked']);
  expect(new Set(own.events.map(({ event }) => event?.subject.id)).size).toBe(1);
  expect(other.events).toEqual([]);
  expect(types(developer).filter((type) => type.startsWith('api-key'))).toEqual([]);
});

it('gives a user ten streams and no more', async () => {
  const streams = await Promise.all(Array.from({ length: 10 }, () => listen('view:view')));
  expect(streams.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
  expect((await listen('view:view')).status).toBe(429);
});

it('records an event in the transaction of its change: none for what was rolled back', async () => {
  const count = async () => Number((await database.query('SELECT last_id FROM event_counter')).rows[0].last_id);
  await make('RolledBack');
  const before = await count();
  await database.query('BEGIN');
  await database.query(`UPDATE api SET generation = generation + 1 WHERE handle = 'RolledBack'`);
  await database.query('ROLLBACK');
  expect(await count()).toBe(before);
});

it('ends its streams when the controller stops', async () => {
  const stopping = await controllerUnderTest();
  const response = await opened(stopping.controller.port, 'admin:admin');
  const over = text(response);
  await stopping.close();
  expect(await over).toMatch(/^id: \d+-\d+\n\n/);
});
