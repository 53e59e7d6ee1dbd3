import { describe, expect, it } from 'vitest';

import { parseBody } from './parse-body.ts';

function message(body: string, type?: string): string | true {
  const parsed = parseBody(body, type);
  return parsed.ok || parsed.message;
}

describe('parseBody', () => {
  it('reads JSON whatever the parameters of the type', () => {
    expect(parseBody('{"a":1}', 'Application/JSON; charset=utf-8')).toEqual({ ok: true, value: { a: 1 } });
    expect(message('a: 1', 'application/json;charset=utf-8')).toMatch(/^failed to parse JSON: /);
  });

  it('reads YAML', () => {
    for (const type of ['application/yaml', 'application/x-yaml', 'text/yaml', undefined, 'text/plain']) {
      expect(parseBody('a: [1, "2"]\nb: &x {c: true}\nd: *x', type)).toEqual({
        ok: true,
        value: { a: [1, '2'], b: { c: true }, d: { c: true } },
      });
    }
  });

  it('tries YAML, then JSON, when the type says neither', () => {
    expect(parseBody('{\n\t"a": 1\n}', undefined)).toEqual({ ok: true, value: { a: 1 } });
    expect(message('{"a": [}', 'text/plain')).toBe('failed to parse as YAML or JSON');
  });

  it('refuses what is no object', () => {
    for (const body of ['', '[]', 'hello', '7', 'null']) expect(message(body, 'text/yaml')).toMatch(/must be an object$/);
    expect(message('"x"', 'application/json')).toBe('failed to parse JSON: the document must be an object');
  });

  it('refuses tags, repeated keys, several documents; a merge key is a name like any other', () => {
    expect(message('a: !!js/function "x"', 'text/yaml')).toMatch(/^failed to parse YAML: /);
    expect(message('a: !mine 1', 'text/yaml')).toMatch(/^failed to parse YAML: /);
    expect(message('a: 1\na: 2', 'text/yaml')).toBe('failed to parse YAML: Map keys must be unique at line 2, column 1');
    expect(message('a: [{1: x, "1": y}]', 'text/yaml')).toMatch(/keys must be unique/);
    expect(message('? [a]\n: 1', 'text/yaml')).toMatch(/keys must be plain values/);
    expect(message('a: &x {b: 1}\nc: {<<: *x, d: 2}', 'text/yaml')).toBe(true);
    expect(parseBody('a: &x {b: 1}\nc: {<<: *x}', 'text/yaml')).toEqual({
      ok: true,
      value: { a: { b: 1 }, c: { '<<': { b: 1 } } },
    });
    expect(message('a: 1\n---\nb: 2', 'text/yaml')).toMatch(/^failed to parse YAML: /);
  });

  it('survives alias bombs and bottomless nesting', () => {
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x,x]'];
    for (let at = 1; at < 9; at++)
      bomb.push(
        `${'abcdefghi'[at]}: &${'abcdefghi'[at]} [${Array(10)
          .fill(`*${'abcdefghi'[at - 1]}`)
          .join(',')}]`,
      );
    expect(message(bomb.join('\n'), 'text/yaml')).toMatch(/^failed to parse YAML: .*alias/i);
    expect(message(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 'application/json')).toMatch(/nested/);
    expect(message(`a: ${'['.repeat(5000)}${']'.repeat(5000)}`, 'text/yaml')).toMatch(/nested/);
    expect(message('a: &x [*x]', 'text/yaml')).toMatch(/^failed to parse YAML: /);
  });
});
