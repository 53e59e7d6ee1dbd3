import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Held } from '../discovery/held.ts';
import { ignoreMissing, replaceFile } from '../state-dir/durable-file.ts';
import { decodeLastGood, encodeLastGood, type LastGood } from './payload.ts';
import { seal, unseal } from './seal.ts';

/** Who may open the copy: the gateway it belongs to and the node credentials, the current one first. */
export interface SealKeys {
  readonly gatewayId: string;
  readonly credentials: readonly string[];
}

export interface LastGoodStore {
  /**
   * The newest generation that opens and proves itself; `null` = none does. Says through `report` what it passed over: a
   * damaged copy leads to the one before it, never to an empty table.
   */
  load(keys: SealKeys, report: (message: string) => void): Promise<LastGood | null>;
  /** Writes soon; several calls while a write is under way become one, the last. Failures go to `onError`; the next call tries again. */
  save(lastGood: LastGood, keys: SealKeys): void;
  /** Resolves when nothing is left to write. */
  flush(): Promise<void>;
}

/**
 * Between two writes as many times what the first one took: a large table that changes all the time costs a fifth of its thread
 * at most. Revocations do not wait for this copy (revoked-keys.ts).
 */
const REST_PER_WORK = 4;

/** Two generations in `directory`: last-good and last-good.previous. */
export function openLastGoodStore(directory: string, onError: (error: unknown) => void): LastGoodStore {
  const current = join(directory, 'last-good');
  const previous = join(directory, 'last-good.previous');
  /** Which table `current` holds; `null` = not known, 'damaged' = none that can be read */
  let onDisk: Held | 'damaged' | null = null;
  let wanted: { lastGood: LastGood; keys: SealKeys } | null = null;
  let writing: Promise<void> | null = null;
  let flushing = false;
  let endRest = (): void => undefined;

  /** The same table again, sealed anew, and a damaged one do not take the place of the generation before them. */
  const isNextGeneration = (held: Held): boolean => onDisk === null || (onDisk !== 'damaged' && !isSameTable(onDisk, held));

  const rest = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      endRest = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const writeWanted = async (): Promise<void> => {
    while (wanted !== null) {
      const { lastGood, keys } = wanted;
      wanted = null;
      const startedMs = performance.now();
      try {
        await replaceFile(current, await sealed(lastGood, keys), isNextGeneration(lastGood.held) ? { keepAs: previous } : {});
        onDisk = lastGood.held;
      } catch (error) {
        onError(error);
      }
      if (!flushing) await rest((performance.now() - startedMs) * REST_PER_WORK);
    }
    writing = null;
  };

  return {
    async load(keys, report) {
      const newest = await loadFile(current, keys, report);
      onDisk = newest?.held ?? 'damaged';
      return newest ?? (await loadFile(previous, keys, report));
    },
    save(lastGood, keys) {
      wanted = { lastGood, keys };
      // On the next turn, so that what happens in this one is written once.
      writing ??= Promise.resolve().then(writeWanted);
    },
    flush: async () => {
      flushing = true;
      endRest();
      while (writing !== null) await writing;
      flushing = false;
    },
  };
}

function isSameTable(a: Held, b: Held): boolean {
  return a.epoch === b.epoch && a.version === b.version && a.tableHash.equals(b.tableHash);
}

function sealed(lastGood: LastGood, { gatewayId, credentials }: SealKeys): Promise<Uint8Array[]> {
  const [credential] = credentials;
  if (credential === undefined) return Promise.reject(new Error('a node without a credential cannot seal its last-good copy'));
  const { epoch, version } = lastGood.held;
  return seal({ gatewayId, epoch, version }, encodeLastGood(lastGood), credential);
}

async function loadFile(path: string, keys: SealKeys, report: (message: string) => void): Promise<LastGood | null> {
  const file = await readFile(path).catch(ignoreMissing);
  if (file === null) return null;
  const payload = unseal(file, keys);
  const lastGood = payload === null ? null : decodeLastGood(payload, keys.gatewayId);
  if (lastGood === null) report(`${path} is damaged or not of this gateway and node`);
  return lastGood;
}
