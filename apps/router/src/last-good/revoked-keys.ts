import { open, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { addRevoked, REVOKED_MAX } from '../discovery/held.ts';
import { ignoreMissing, replaceFile, syncDirectory } from '../state-dir/durable-file.ts';

/**
 * Ids of API keys this node has seen removed, one a line, oldest first. A file of its own: making a revocation durable costs
 * one small append and fsync, whatever the size of the table, and it holds whichever generation of the table is loaded.
 */
export interface RevokedKeys {
  /** Newest first */
  load(): Promise<readonly string[]>;
  /** Durable when it resolves (discovery.proto, rule 9). */
  append(ids: readonly string[]): Promise<void>;
}

export function openRevokedKeys(directory: string): RevokedKeys {
  const path = join(directory, 'revoked-keys');
  let lines = 0;

  const load = async (): Promise<readonly string[]> => {
    const text = (await readFile(path, 'utf8').catch(ignoreMissing)) ?? '';
    // The part after the last line end is an append that a crash cut off: it was never acknowledged.
    const ids = text
      .split('\n')
      .slice(0, -1)
      .filter((line) => line !== '');
    lines = ids.length;
    return addRevoked([], ids.toReversed());
  };

  const append = async (ids: readonly string[]): Promise<void> => {
    if (ids.length === 0) return;
    if (lines + ids.length > 2 * REVOKED_MAX) await rewrite(await load());
    const file = await open(path, 'a', 0o600);
    try {
      // Starts with a line end of its own, so that it cannot be glued to a torn line.
      await file.appendFile(`\n${ids.join('\n')}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    if (lines === 0) await syncDirectory(dirname(path));
    lines += ids.length;
  };

  const rewrite = async (newestFirst: readonly string[]): Promise<void> => {
    await replaceFile(path, `${newestFirst.toReversed().join('\n')}\n`);
    lines = newestFirst.length;
  };

  return { load, append };
}
