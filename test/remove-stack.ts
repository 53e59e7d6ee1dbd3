import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { emptyDataDir } from '../tools/dev/data-dir.ts';
import type { Stack } from '../tools/dev/stack.ts';

/**
 * Stops a stack whose data are in `<folder>/data` and leaves nothing of it: as root PostgreSQL's part may lie elsewhere, which only
 * the data directory tells. `undefined` = it never came up.
 */
export async function removeStack(stack: Stack | undefined, folder: string): Promise<void> {
  await stack?.stop();
  emptyDataDir(join(folder, 'data'));
  rmSync(folder, { recursive: true, force: true });
}
