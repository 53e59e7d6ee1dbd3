import { AssertionError } from 'node:assert';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Compares with a golden file: a string as it is, anything else as indented JSON. `UPDATE_GOLDEN=1` rewrites the file instead; a missing
 * file fails, so that a run in CI never invents its own expectation.
 */
export function golden(file: string, actual: unknown): void {
  const text = typeof actual === 'string' ? actual : `${JSON.stringify(actual, null, 2)}\n`;
  if (process.env['UPDATE_GOLDEN'] === '1') {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return;
  }
  if (!existsSync(file)) throw new Error(`Golden file ${file} does not exist; UPDATE_GOLDEN=1 writes it`);
  const expected = readFileSync(file, 'utf8');
  if (text !== expected) {
    throw new AssertionError({
      message: `Differs from ${file}; UPDATE_GOLDEN=1 rewrites it`,
      actual: text,
      expected,
      operator: 'strictEqual',
      stackStartFn: golden,
    });
  }
}
