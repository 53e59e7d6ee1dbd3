import type { Command, NodeMessage } from '@tidegate/gateway-ir';
import { expect, it } from 'vitest';

import { createLogCollector } from './collect-logs.ts';
import { createLogRing } from './log-ring.ts';
import { createCommandRunner } from './run-commands.ts';

type Told = NonNullable<NodeMessage['message']>;

const restart = (id: string): Command => ({ id, command: { $case: 'restart', value: { forceAfterMs: 5 } } });
const collect = (id: string): Command => ({
  id,
  command: { $case: 'collectLogs', value: { date: '', includeCrash: true, includeConfig: true } },
});

it('does a command once, however often it comes, and answers each time', async () => {
  const told: Told[] = [];
  let collected = 0;
  const restarts: number[] = [];
  const runner = createCommandRunner({
    restart: (ms) => {
      restarts.push(ms);
      return null;
    },
    probe: async () => '',
    stage: async () => '',
    activate: async () => null,
    collectLogs: async () => `${(collected += 1)} lines`,
  });
  await runner.run(restart('a'), (message) => told.push(message));
  await runner.run(restart('a'), (message) => told.push(message));
  expect(restarts).toEqual([5]);
  expect(told).toEqual([]);
  await runner.run(collect('b'), (message) => told.push(message));
  await runner.run(collect('b'), (message) => told.push(message));
  const result = { $case: 'commandResult', value: { commandId: 'b', ok: true, message: '1 lines' } };
  expect(told).toEqual([result, result]);
});

it('answers a failure, and a command of a later release, with a result', async () => {
  const told: Told[] = [];
  const runner = createCommandRunner({
    restart: () => null,
    probe: async () => '',
    stage: async () => '',
    activate: async () => null,
    collectLogs: () => Promise.reject(new Error('disk gone')),
  });
  await runner.run(collect('a'), (message) => told.push(message));
  await runner.run({ id: 'b', command: undefined }, (message) => told.push(message));
  expect(told).toMatchObject([{ value: { ok: false, message: 'disk gone' } }, { value: { ok: false, commandId: 'b' } }]);
});

it('sends what it has in parts below the bound of a frame', async () => {
  const ring = createLogRing(() => undefined);
  for (let index = 0; index < 400; index += 1) ring.write(`${index} ${'y'.repeat(1000)}\n`);
  const told: Told[] = [];
  const collectLogs = createLogCollector({ ring, crashFile: '/nonexistent/crash.log', configuration: () => 'log.level = info' });
  const asked = { date: '', includeCrash: true, includeConfig: true };
  expect(await collectLogs('c', asked, (message) => told.push(message))).toBe('400 lines');
  const parts = told.flatMap((message) => (message.$case === 'logPart' ? [message.value] : []));
  expect(parts.map(({ name }) => name)).toEqual(['router.log', 'router.log', 'configuration.txt']);
  expect(Buffer.concat(parts.slice(0, 2).map(({ data }) => Buffer.from(data))).toString()).toBe(`${ring.lines('').join('\n')}\n`);
  for (const { data } of parts) expect(data.length).toBeLessThanOrEqual(256 * 1024);
});
