import { trafficAnswer } from '@tidegate/management-api';
import { createLogger } from '@tidegate/process';
import { Pool } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { type ControllerUnderTest, controllerUnderTest } from '../testing/controller-under-test.ts';
import { TrafficReports } from './traffic-reports.ts';

let under: ControllerUnderTest;
let pool: Pool;
let gatewayId: string;

beforeAll(async () => {
  under = await controllerUnderTest();
  pool = new Pool({ connectionString: under.databaseUrl });
  gatewayId = (await under.call('/gateways')).body.gateways[0].id;
});

afterAll(async () => {
  await pool.end();
  await under.close();
});

const answered = (requests: number, serverErrors: number) => ({
  byClass: [0, 0, requests - serverErrors, 0, 0, serverErrors],
  byLatency: [0, 0, 0, requests],
});

const read = async (query = '') => trafficAnswer.parse((await under.call(`/traffic${query}`, { as: 'view:view' })).body);

test('before anybody reports, nothing is known; nothing is 0', async () => {
  const traffic = await read();
  expect(traffic).toMatchObject({ minutes: 15, stepSeconds: 10, lastReportAt: null, total: { requests: 0 } });
  expect(traffic.points).toHaveLength(90);
  expect(traffic.points.every(({ nodes, requestsPerSecond }) => nodes === 0 && requestsPerSecond === null)).toBe(true);
  expect((await read('?minutes=360')).points).toHaveLength(90);
  expect((await under.call('/traffic?minutes=7')).status).toBe(400);
  expect((await under.call('/traffic?gateway=nowhere')).status).toBe(404);
});

test('what routers report adds up, over nodes and over reports', async () => {
  const reports = new TrafficReports(pool, createLogger({ name: 'test', level: 'error', format: 'text' }));
  const apis = [{ api: 'pets', answered: answered(30, 3) }];
  const aMinuteAgoMs = Math.floor(Date.now() / 60_000 - 1) * 60_000;
  for (const nodeId of ['n1', 'n2', 'n1', 'n2']) {
    reports.add({ gatewayId, nodeId }, { intervalMs: 5000, all: answered(50, 5), apis }, aMinuteAgoMs);
    await reports.beforeApplicationShutdown(); // writes
  }
  const traffic = await read();
  expect(traffic.points.find(({ nodes }) => nodes > 0)).toMatchObject({
    nodes: 2,
    requestsPerSecond: 20,
    serverErrorsPerSecond: 2,
    p50Ms: 3.75,
  });
  expect(traffic.gateways).toMatchObject([{ handle: 'default', nodes: 2, requests: 200, serverErrors: 20 }]);
  expect(traffic.apis).toMatchObject([{ api: 'pets', requests: 120, serverErrors: 12 }]);
  const pets = await read('?api=pets&gateway=default');
  expect(pets).toMatchObject({ stepSeconds: 30, total: { requests: 120 } });
  expect(pets.points.find(({ nodes }) => nodes > 0)).toMatchObject({ requestsPerSecond: 12 });
  expect((await read('?api=unheard-of')).points.find(({ nodes }) => nodes > 0)).toMatchObject({ requestsPerSecond: 0 });
});
