import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Replaces a file so that after a power cut either the old or the new content is there, whole: temporary file, fsync, rename,
 * fsync of the directory. Mode 0600. One writer per path at a time (the temporary name is fixed, so leftovers do not pile up).
 */
export async function replaceFile(
  path: string,
  content: string | readonly Uint8Array[],
  options: { keepAs?: string } = {},
): Promise<void> {
  const temporary = `${path}.tmp`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  if (options.keepAs !== undefined) await rename(path, options.keepAs).catch(ignoreMissing);
  await rename(temporary, path);
  await syncDirectory(dirname(path));
}

/** Makes renames and new files of a directory durable. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** Passes on every error but "there is no such file". */
export function ignoreMissing(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
  throw error;
}
