/** A set of addresses: those whose first `bits` bits are those of `bytes`. Everything is 16 bytes; IPv4 is ::ffff:a.b.c.d. */
export interface Network {
  readonly bytes: readonly number[];
  readonly bits: number;
}

const IPV4_OFFSET_BITS = 96;

/** "10.0.0.0/8", "2001:db8::/32", or one address. `null` = neither. */
export function parseNetwork(text: string): Network | null {
  const [address = '', prefix, ...rest] = text.split('/');
  const bytes = parseAddress(address);
  if (bytes === null || rest.length > 0) return null;
  if (prefix === undefined) return { bytes, bits: 128 };
  const family = address.includes(':') ? 128 : 32;
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > family) return null;
  return { bytes, bits: Number(prefix) + (family === 32 ? IPV4_OFFSET_BITS : 0) };
}

/** 16 bytes, or `null` for what is no address. A zone ("%eth0") is not part of an address. */
export function parseAddress(text: string): readonly number[] | null {
  const dotted = /^(?:(.*:))?(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (dotted === null) return parseGroups(text);
  const tail = dotted.slice(2).map(Number);
  if (tail.some((byte) => byte > 255)) return null;
  const [a = 0, b = 0, c = 0, d = 0] = tail;
  const groups = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  return parseGroups((dotted[1] ?? '::ffff:') + groups);
}

/** RFC 4291 §2.2, forms 1 and 2 */
function parseGroups(text: string): readonly number[] | null {
  const halves = text.split('::');
  if (halves.length > 2 || !text.includes(':')) return null;
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  const groups = [...head, ...Array.from({ length: missing }, () => '0'), ...tail];
  if (!groups.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group))) return null;
  return groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]);
}

export function contains({ bytes, bits }: Network, address: readonly number[]): boolean {
  const whole = bits >> 3;
  for (let at = 0; at < whole; at++) if (bytes[at] !== address[at]) return false;
  const shift = 8 - (bits & 7);
  return shift === 8 || (bytes[whole] ?? 0) >> shift === (address[whole] ?? 0) >> shift;
}
