import { plainApi, type StackClient, synced } from '../../test/stack-client.ts';
import type { Stack } from '../dev/stack.ts';

export interface OutageOptions {
  readonly apis: number;
  readonly editsPerApi: number;
  readonly settleMs: number;
}

export interface OutageResult {
  /** Imports that arrived after APIM was back */
  readonly imports: number;
  /** APIs whose last generation is not the newest revision in APIM */
  readonly behind: readonly string[];
}

/** R5: APIM is away for long while every API is edited again and again; then it is back. */
export async function outage(
  stack: Stack,
  client: StackClient,
  { apis, editsPerApi, settleMs }: OutageOptions,
): Promise<OutageResult> {
  const names = Array.from({ length: apis }, (_, index) => `Outage${index}`);
  await Promise.all(names.map((name) => client.manage('POST', '/rest-apis', plainApi(name))));
  for (const name of names) await synced(client, name, 1, settleMs);
  const simulator = stack.process('apim-simulator');
  await simulator.kill('SIGKILL', true);
  for (let edit = 0; edit < editsPerApi; edit++)
    await Promise.all(
      names.map((name) =>
        client.manage('PUT', `/rest-apis/${name}`, plainApi(name, { context: `/${name.toLowerCase()}-${edit}` })),
      ),
    );
  await simulator.start();
  for (const name of names) await synced(client, name, editsPerApi + 1, settleMs);
  const state = await client.apim();
  const behind = names.filter((name) => {
    const held = state.apis.filter((api) => api.name === name);
    return held.length !== 1 || held[0]?.properties['tidegate_generation'] !== String(editsPerApi + 1);
  });
  // The record is the new process's own: it begins with its start.
  return { imports: state.exchanges.filter(({ endpoint }) => endpoint === 'import').length, behind };
}
