import { waitFor } from '@tidegate/testkit';

import { plainApi, type StackClient } from '../../test/stack-client.ts';

export interface RefusedOneResult {
  readonly synced: number;
  /** What the refused one says */
  readonly refused: { readonly cpSyncStatus: string; readonly cpSyncInfo: Readonly<Record<string, unknown>> };
  /** Imports of it that were sent */
  readonly triesOfRefused: number;
}

const WORDS = 'No endpoint of that kind is allowed here';

/** R8: one API that APIM always refuses among many. It comes first, so that it would be in everybody's way. */
export async function refusedOne(
  client: StackClient,
  { apis, settleMs }: { readonly apis: number; readonly settleMs: number },
): Promise<RefusedOneResult> {
  const body = JSON.stringify({ code: 900_300, message: 'Bad Request', description: WORDS, moreInfo: '', error: [] });
  await client.inject({ endpoint: 'import', containing: 'Refused0-v1.0/', fault: { kind: 'status', status: 400, body } });
  const names = Array.from({ length: apis }, (_, index) => `Refused${index}`);
  for (const name of names) await client.manage('POST', '/rest-apis', plainApi(name));
  const synced = await waitFor(
    async () => {
      const { queue } = (await client.manage('GET', '/sync')).body as unknown as { queue: { synced: number; parked: number } };
      return queue.parked === 1 && queue.synced >= apis - 1 ? queue.synced : null;
    },
    { timeoutMs: settleMs, what: 'everything but the refused one to be in APIM' },
  );
  const refused = (await client.manage('GET', '/rest-apis/Refused0')).body as unknown as RefusedOneResult['refused'];
  const { exchanges } = await client.apim();
  const triesOfRefused = exchanges.filter(({ endpoint, status }) => endpoint === 'import' && status === 400).length;
  return { synced, refused, triesOfRefused };
}
