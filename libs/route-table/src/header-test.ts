import type { HeaderMatch } from '@tidegate/gateway-ir';

/** One condition on a request header; the value is what the client sent, several joined with ", ". */
export interface HeaderTest {
  readonly name: string;
  readonly exact: boolean;
  readonly fits: (value: string) => boolean;
}

/** Reads a header of the request by lower-case name; `undefined` = absent. */
export type ReadHeader = (name: string) => string | undefined;

/** Throws when the expression cannot be compiled: the API is then rejected at build. */
export function compileHeaderTest({ name, match }: HeaderMatch): HeaderTest {
  if (match === undefined) throw new Error(`header match on ${name} says nothing`);
  if (match.$case === 'exact') return { name, exact: true, fits: (value) => value === match.value };
  const expression = new RegExp(`^(?:${match.value})$`, 'u');
  return { name, exact: false, fits: (value) => value.length <= VALUE_LENGTH_MAX && expression.test(value) };
}

/**
 * The document's rules let only patterns through that take at most quadratic time; a client may still send 16 KiB. A longer value
 * fits no pattern.
 */
const VALUE_LENGTH_MAX = 1024;

export function headersFit(tests: readonly HeaderTest[], header: ReadHeader): boolean {
  return tests.every((test) => {
    const value = header(test.name);
    return value !== undefined && test.fits(value);
  });
}
