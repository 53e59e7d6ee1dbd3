import { startPostgres } from '../postgres/start-postgres.ts';

/**
 * vitest globalSetup of the projects `store` and `system`: whoever comes first starts the run's server, workers inherit its address.
 * Returns the teardown.
 */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env['TIDEGATE_TEST_PG']) return undefined;
  const server = await startPostgres();
  process.env['TIDEGATE_TEST_PG'] = server.url;
  return async () => {
    delete process.env['TIDEGATE_TEST_PG'];
    await server.stop();
  };
}
