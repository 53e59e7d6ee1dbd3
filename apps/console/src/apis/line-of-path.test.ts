import { describe, expect, it } from 'vitest';

import { lineOfPath } from './line-of-path.ts';

const TEXT = `kind: RestApi
metadata:
  name: a
spec:
  operations:
    - method: GET
      path: /
    - {method: BAD, path: /x}
`;

describe('lineOfPath', () => {
  it.each([
    ['kind', 1],
    ['metadata.name', 3],
    ['spec.operations[0].path', 7],
    ['spec.operations[1].method', 8],
    ['spec.context', 4],
    ['spec.operations[7].path', 5],
    ['', 1],
  ])('finds %s on line %i', (path, line) => {
    expect(lineOfPath(TEXT, path)).toBe(line);
  });

  it('reads JSON, and says 1 of what it cannot read', () => {
    expect(lineOfPath('{\n "spec": {\n  "context": 1 } }', 'spec.context')).toBe(3);
    expect(lineOfPath('{{{', 'spec.context')).toBe(1);
  });
});
