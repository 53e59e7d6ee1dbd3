import { type Head, spells } from '@tidegate/http1';

/**
 * Names by first letter and length that `header-rules.ts` could have something to say about. All others are passed over without
 * making a string. Underscores that stand for hyphens change neither (see requestHeaderFilter).
 */
export interface NameSieve {
  /** May this name be one of them? */
  catches(bytes: Buffer, start: number, end: number): boolean;
}

export function nameSieve(names: readonly string[]): NameSieve {
  const masks = new Uint32Array(256);
  for (const name of names) add(masks, name.charCodeAt(0), 2 ** name.length);
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

/** Some names, compared byte by byte in any case. */
export interface NameSet {
  has(bytes: Buffer, start: number, end: number): boolean;
}

export function nameSet(names: readonly string[]): NameSet {
  const byLength: string[][] = Array.from({ length: Math.max(...names.map(({ length }) => length)) + 1 }, () => []);
  for (const name of names) byLength[name.length]?.push(name);
  return {
    has(bytes, start, end) {
      return isOneOf(byLength[end - start] ?? NO_NAMES, bytes, start, end);
    },
  };
}

const NO_NAMES: readonly string[] = [];

/** Of a few names in lower case */
export function isOneOf(names: readonly string[], bytes: Buffer, start: number, end: number): boolean {
  for (let index = 0; index < names.length; index++) if (spells(bytes, start, end, names[index] as string)) return true;
  return false;
}

export function lowerName(bytes: Buffer, head: Head, field: number): string {
  return bytes.toString('latin1', head.fields[field * 4], head.fields[field * 4 + 1]).toLowerCase();
}

export function fieldValue(bytes: Buffer, head: Head, field: number): string {
  return bytes.toString('latin1', head.fields[field * 4 + 2], head.fields[field * 4 + 3]);
}

/** Is there a field of this lower-case name? */
export function hasField(bytes: Buffer, { fields, fieldCount }: Head, name: string): boolean {
  for (let slot = 0; slot < fieldCount * 4; slot += 4)
    if (spells(bytes, fields[slot] as number, fields[slot + 1] as number, name)) return true;
  return false;
}

/** Is this the field's value, byte for byte? */
export function fieldSays(bytes: Buffer, head: Head, field: number, text: string): boolean {
  const start = head.fields[field * 4 + 2] as number;
  const length = (head.fields[field * 4 + 3] as number) - start;
  if (length !== text.length) return false;
  for (let index = 0; index < length; index++) if (bytes[start + index] !== text.charCodeAt(index)) return false;
  return true;
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
