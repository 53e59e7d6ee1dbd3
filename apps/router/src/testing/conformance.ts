import { describe } from 'vitest';

import { engineUnderTest } from './traffic-kit.ts';

/**
 * Runs test files once more, against the conservative engine: what they say holds for both. The query makes the files other
 * modules than those that run by themselves against the stream engine. Paths are from this app's `src`.
 */
export function conformance(files: readonly string[]): void {
  describe.each(files)('http-proxy engine: %s', async (file) => {
    const before = engineUnderTest.name;
    engineUnderTest.name = 'http-proxy';
    await import(`../${file}?engine=http-proxy`);
    engineUnderTest.name = before;
  });
}

/** Runs test files once more where connections are read by 'data', as on a Node that cannot share reads. */
export function conformanceOfPlainReads(files: readonly string[]): void {
  describe.each(files)('plain reads: %s', async (file) => {
    const before = engineUnderTest.sharedReads;
    engineUnderTest.sharedReads = false;
    await import(`../${file}?reads=plain`);
    engineUnderTest.sharedReads = before;
  });
}
