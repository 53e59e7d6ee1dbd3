import { z } from 'zod';

const MASK = '***';

/**
 * A string that cannot be printed by accident (invariant 13): JSON, template literals, `console.log`, `util.inspect` and pino all
 * show `***`. Only `reveal()` gives the value, which makes every use greppable.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [Symbol.toPrimitive](): string {
    return MASK;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return MASK;
  }
}

/** A configuration key holding a secret: a string in, a `Secret` out. Write a default as `secret().prefault('')`. */
export function secret(): z.ZodPipe<z.ZodString, z.ZodTransform<Secret, string>> {
  return z.string().transform((value) => new Secret(value));
}
