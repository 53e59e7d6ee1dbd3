import type { Freshness } from './freshness.ts';

/** One stored answer. Never changed: a validated one is replaced. */
export interface Entry {
  /** Whose it is; '' = everybody's */
  readonly partition: string;
  /** Request headers that select it, with their values as they went upstream; `undefined` = was absent */
  readonly selecting: readonly (readonly [name: string, value: string | undefined])[];
  readonly status: number;
  /** Lower-case names; without Age and Content-Length, which are of the moment */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
  readonly freshness: Freshness;
}

/** Several values joined; `undefined` = absent */
export function fieldOf(headers: Entry['headers'], name: string): string | undefined {
  const values = headers.filter(([other]) => other === name).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(', ');
}

/** What an entry takes of memory, roughly. */
export function bytesOf({ headers, body, selecting }: Entry): number {
  const texts = [...headers, ...selecting].reduce((sum, [name, value]) => sum + name.length + (value?.length ?? 0), 0);
  return OVERHEAD_BYTES + body.byteLength + 2 * texts;
}

/** Objects, arrays and map places around the bytes */
const OVERHEAD_BYTES = 1024;
