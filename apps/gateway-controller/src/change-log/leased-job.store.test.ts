import { createLogger } from '@tidegate/process';
import { freshDatabase, type FreshDatabase, waitFor } from '@tidegate/testkit';
import { Pool } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { migrate } from '../testing/migrate.ts';
import { LeasedJob } from './leased-job.ts';

let database: FreshDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await freshDatabase(migrate);
  pool = new Pool({ connectionString: database.url });
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

const logged: string[] = [];
const logger = createLogger({
  name: 't',
  level: 'warn',
  format: 'json',
  destination: { write: (line) => void logged.push(line) },
});

/** A job that counts its runs, and how often it was in one */
function counted(lease: string, work: () => Promise<void> = () => Promise.resolve()) {
  const counts = { runs: 0 };
  const run = async (): Promise<void> => {
    counts.runs += 1;
    await work();
  };
  const job = new LeasedJob({ pool, logger, lease, everyMs: 5, leaseMs: 60_000, run, failed: 'The count was lost' });
  return { job, counts };
}

test('one of two runs, and when it stops the other does', async () => {
  const [first, second] = [counted('one'), counted('one')];
  first.job.start();
  await waitFor(() => first.counts.runs > 1, { what: 'the first to run' });
  second.job.start();
  const { runs } = first.counts;
  await waitFor(() => first.counts.runs > runs + 5, { what: 'the first to go on' });
  expect(second.counts.runs).toBe(0);
  await first.job.stop();
  await waitFor(() => second.counts.runs > 0, { what: 'the second to take over' });
  await second.job.stop();
});

test('stopping waits for the run that is under way, and begins none', async () => {
  let end = (): void => undefined;
  const { job, counts } = counted('two', () => new Promise((resolve) => (end = resolve)));
  job.start();
  await waitFor(() => counts.runs === 1, { what: 'a run' });
  let stopped = false;
  const stopping = job.stop().then(() => (stopped = true));
  await pool.query('SELECT 1');
  expect(stopped).toBe(false);
  end();
  await stopping;
  expect(counts.runs).toBe(1);
});

test('a run that fails is logged and the next one comes; without a start there is nothing to stop', async () => {
  const { job, counts } = counted('three', () => Promise.reject(new Error('broken')));
  await job.stop();
  job.start();
  await waitFor(() => counts.runs > 2, { what: 'another run' });
  await job.stop();
  expect(logged.join('')).toContain('The count was lost');
});
