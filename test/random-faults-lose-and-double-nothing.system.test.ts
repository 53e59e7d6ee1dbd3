import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { runChaos } from '../tools/chaos/run-chaos.ts';
import { startChaosStack } from '../tools/chaos/start-chaos-stack.ts';
import type { Stack } from '../tools/dev/stack.ts';
import { removeStack } from './remove-stack.ts';
import { stackClient } from './stack-client.ts';

/** The short form of `npm run test:chaos`: random writes, kills and an APIM that answers wrongly on three calls in ten. */

const folder = mkdtempSync(join(tmpdir(), 'tidegate-random-faults-'));
const seed = Number(process.env['TIDEGATE_CHAOS_SEED'] ?? Date.now() % 1_000_000);
let stack: Stack;

beforeAll(async () => {
  stack = await startChaosStack(join(folder, 'data'));
});

afterAll(() => removeStack(stack, folder));

it(`APIM ends with exactly what was acknowledged (TIDEGATE_CHAOS_SEED=${seed})`, async () => {
  const limits = { ops: 40, seed, apis: 6, opsPerKill: 10, settleMs: 120_000 };
  const { violations, accepted } = await runChaos(stack, stackClient(stack), { ...limits, say: () => undefined });
  expect(violations).toEqual([]);
  expect(accepted).toBeGreaterThan(0);
});
