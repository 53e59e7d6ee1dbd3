import type { Head } from '@tidegate/http1';

/**
 * Names by first letter and length that `header-rules.ts` could have something to say about. All others are passed over without
 * making a string. Underscores that stand for hyphens change neither (see requestHeaderFilter).
 */
export interface NameSieve {
  /** May this name be one of them? */
  catches(bytes: Buffer, start: number, end: number): boolean;
}

/** `anyLength`: first letters with which every name is one to look at. */
export function nameSieve(names: readonly string[], anyLength = ''): NameSieve {
  const masks = new Uint32Array(256);
  for (const name of names) add(masks, name.charCodeAt(0), 2 ** name.length);
  for (const letter of anyLength) add(masks, letter.charCodeAt(0), 0xffffffff);
  return {
    catches(bytes, start, end) {
      // Bit 31 stands for everything longer.
      const length = Math.min(end - start, 31);
      return (((masks[bytes[start] as number] as number) >>> length) & 1) === 1;
    },
  };
}

function add(masks: Uint32Array, letter: number, mask: number): void {
  for (const code of [letter, letter - 32]) masks[code] = ((masks[code] as number) | mask) >>> 0;
}

export function lowerName(bytes: Buffer, head: Head, field: number): string {
  return bytes.toString('latin1', head.fields[field * 4], head.fields[field * 4 + 1]).toLowerCase();
}

export function fieldValue(bytes: Buffer, head: Head, field: number): string {
  return bytes.toString('latin1', head.fields[field * 4 + 2], head.fields[field * 4 + 3]);
}

/** All values of a lower-case name, joined; `undefined` = absent. */
export function joinedValues(bytes: Buffer, head: Head, name: string): string | undefined {
  const { fields, fieldCount } = head;
  let found: string | undefined;
  for (let field = 0; field < fieldCount; field++) {
    const start = fields[field * 4] as number;
    const end = fields[field * 4 + 1] as number;
    if (end - start !== name.length || ((bytes[start] as number) | 0x20) !== (name.charCodeAt(0) | 0x20)) continue;
    if (lowerName(bytes, head, field) !== name) continue;
    const value = fieldValue(bytes, head, field);
    found = found === undefined ? value : `${found}, ${value}`;
  }
  return found;
}

/** Flat name, value, name, value as received. */
export function rawFields(bytes: Buffer, head: Head): string[] {
  const raw: string[] = [];
  for (let field = 0; field < head.fieldCount; field++) {
    raw.push(bytes.toString('latin1', head.fields[field * 4], head.fields[field * 4 + 1]), fieldValue(bytes, head, field));
  }
  return raw;
}
