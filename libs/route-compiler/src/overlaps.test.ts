import type { ApiRoutes } from '@tidegate/gateway-ir';
import { describe, expect, it } from 'vitest';

import { routeClaims } from './claims.ts';
import { compileRestApi } from './compile-rest-api.ts';
import { findOverlaps } from './overlaps.ts';
import { sampleDocument } from './sample-document.ts';
import { sampleTarget } from './sample-target.ts';

type Line = string | { readonly line: string; readonly headers: readonly Record<string, string>[] };

/** `GET /a/{x}` lines → what they compile to below `context`. */
function compiled(lines: readonly Line[], { context = '/c', vhosts = {} } = {}): ApiRoutes {
  const operations = lines.map((written) => {
    const { line, headers } = typeof written === 'string' ? { line: written, headers: null } : written;
    const [method, path] = line.split(' ');
    return headers === null ? { method, path } : { match: { method, path: { value: path }, headers } };
  });
  const result = compileRestApi(sampleDocument({ context, vhosts, operations }), sampleTarget(), []);
  if (!result.ok) throw new Error(JSON.stringify(result.diagnostics));
  return result.routes;
}

const foreign = (routes: ApiRoutes, apiHandle = 'other') => routeClaims(routes).map((claim) => ({ claim, apiHandle }));
const messages = (routes: ApiRoutes, others: Parameters<typeof findOverlaps>[1] = []) =>
  findOverlaps(routes, others).map(({ path, message }) => `${path}: ${message}`);

describe('findOverlaps', () => {
  it('tells of two operations of one document, once, at the later one', () => {
    expect(messages(compiled(['GET /pet/{petId}', 'GET /pet/findByStatus', 'POST /pet/findByStatus', 'GET /pets']))).toEqual([
      'spec.operations[1]: GET /c/pet/findByStatus can take the same requests as GET /c/pet/{petId} (spec.operations[0]); the more specific route gets them',
    ]);
  });

  it('tells of another API by its handle', () => {
    const others = foreign(compiled(['GET /{id}', 'GET /b'], { context: '/c/a' }), 'neighbour');
    expect(messages(compiled(['GET /a/{x}', 'GET /a/z', 'POST /a/*'], { context: '/c' }), others)).toEqual([
      "spec.operations[0]: GET /c/a/{x} can take the same requests as GET /c/a/b of API 'neighbour'; the more specific route gets them",
      "spec.operations[1]: GET /c/a/z can take the same requests as GET /c/a/{x} (spec.operations[0]), GET /c/a/{} of API 'neighbour'; the more specific route gets them",
    ]);
  });

  it.each([
    [['GET /a', 'GET /a/'], 1],
    [['GET /a/*', 'GET /a'], 1],
    [['GET /*', 'GET /'], 1],
    [['GET /a-{x}', 'GET /{y}-b'], 1],
    [['GET /a-{x}', 'GET /b-{y}'], 0],
    [['GET /{x}/a', 'GET /{x}/b'], 0],
    [['GET /{x}', 'GET /a/b'], 0],
    [['GET /a/{x}', 'GET /a/{x}/'], 0],
    [['GET /a', 'PUT /a'], 0],
    [[{ line: 'GET /a', headers: [{ name: 'X', value: '1' }] }, 'GET /a'], 1],
    [
      [
        { line: 'GET /a', headers: [{ name: 'X', value: '1' }] },
        { line: 'GET /a', headers: [{ name: 'x', value: '2' }] },
      ],
      0,
    ],
    [
      [
        { line: 'GET /a', headers: [{ name: 'X', value: '1 "] [' }] },
        { line: 'GET /a', headers: [{ name: 'x', value: '2', type: 'RegularExpression' }] },
      ],
      1,
    ],
  ] as const)('%j: %i', (lines, count) => {
    expect(findOverlaps(compiled(lines), [])).toHaveLength(count);
    // The same between two APIs
    expect(findOverlaps(compiled(lines.slice(0, 1)), foreign(compiled(lines.slice(1))))).toHaveLength(count);
  });

  it('looks at one host pattern at a time, and says a thing once however many hosts there are', () => {
    const others = foreign(compiled(['GET /b'], { vhosts: { main: 'two.com' } }));
    expect(findOverlaps(compiled(['GET /{x}'], { vhosts: { main: 'one.com' } }), others)).toEqual([]);
    expect(messages(compiled(['GET /{x}', 'GET /b'], { vhosts: { main: 'one.com;Two.com' } }), others)).toHaveLength(2);
  });

  it('leaves equal claims to the clash check', () => {
    expect(findOverlaps(compiled(['GET /{x}']), foreign(compiled(['GET /{y}'])))).toEqual([]);
  });

  it('names three, tells of fifty operations, and says what it leaves out', () => {
    const routes = compiled(['GET /{x}', ...Array.from({ length: 60 }, (_, at) => `GET /b${at}`)]);
    const found = findOverlaps(routes, foreign(compiled(Array.from({ length: 9 }, (_, at) => `GET /c${at}`))));
    expect(found).toHaveLength(51);
    expect(found[0]?.message).toMatch(/as (GET \/c\/c\d of API 'other'(, )?){3} and 6 more; /);
    expect(found.at(-1)).toEqual({ path: 'spec.operations', code: 'overlap', message: '11 more operations overlap with others' });
  });

  it('stops looking in a document of thousands', () => {
    const routes = compiled(Array.from({ length: 3000 }, (_, at) => `GET /{x}-${at}`));
    expect(findOverlaps(routes, foreign(routes)).at(-1)?.message).toBe('There are too many routes to look for every overlap');
  });
});
