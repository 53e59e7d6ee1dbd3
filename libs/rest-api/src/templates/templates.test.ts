import { describe, expect, it, test } from 'vitest';

import { checkRestApi } from '../parse-rest-api.ts';
import { parseTemplate } from './parse-template.ts';
import { renderDocument, secretNamesIn } from './render-document.ts';
import { renderTemplate, type TemplateValues } from './render-template.ts';

const ENV: Readonly<Record<string, string>> = { HOST: 'b.example.com', PAD: '  x  ', EMPTY: '' };
const values: TemplateValues = {
  secret: (name) => (name === 'db-pass' ? 'Geheim-1' : null),
  env: (name) => ENV[name] ?? null,
};

function render(text: string): string {
  const parsed = parseTemplate(text);
  if (!parsed.ok) return `! ${parsed.message}`;
  const rendered = renderTemplate(parsed.parts, values);
  if (!rendered.ok) return `! ${rendered.code}: ${rendered.message}`;
  return `${rendered.value.secret ? 'secret ' : ''}${rendered.value.text}`;
}

describe('a template', () => {
  it.each([
    ['no expression', 'no expression'],
    ['{{ env "HOST" }}', 'b.example.com'],
    ['{{env "HOST"}}/{{ env `HOST` }}', 'b.example.com/b.example.com'],
    ['{{ secret "db-pass" }}', 'secret Geheim-1'],
    ['Bearer {{ secret "db-pass" | upper }}!', 'secret Bearer GEHEIM-1!'],
    ['{{ env "EMPTY" | default "d" }}', 'd'],
    ['{{ default "d" (env "HOST") }}', 'b.example.com'],
    ['{{ required "is needed" (env "HOST") }}', 'b.example.com'],
    ['{{ env "EMPTY" | required "is needed" }}', '! required: is needed'],
    ['{{ lower "ABC" }}{{ upper "abc" }}{{ env "PAD" | trim }}', 'abcABCx'],
    ['{{ replace "." "-" (env "HOST") }}', 'b-example-com'],
    ['{{ env "HOST" | replace "b." "" | replace "example" "test" }}', 'test.com'],
    ['{{ redact "x" }}', 'secret x'],
    ['a  {{- "b" -}}  c', 'abc'],
    ['a {{ "b" }} c', 'a b c'],
    ['a{{/* a note }} */}}b', 'ab'],
    ['{{ "{{" }} and }}', '{{ and }}'],
    [String.raw`{{ "a\"b\\c\n\u0041" }}`, 'a"b\\c\nA'],
    ['{{ 5 }}', '5'],
    ['{{ upper (lower (upper "x")) }}', 'X'],
  ])('%s is %s', (text, expected) => expect(render(text)).toBe(expected));

  it.each([
    ['{{ nothing "x" }}', 'unknown_function: function "nothing" not defined'],
    ['{{ constructor "x" }}', 'unknown_function: function "constructor" not defined'],
    ['{{ __proto__ "x" }}', 'unknown_function: function "__proto__" not defined'],
    ['{{ secret "none" }}', 'unknown_secret: failed to resolve secret "none": configuration not found: id=none'],
    ['{{ env "HOME" }}', 'env_not_allowed: documents may not read the environment variable HOME'],
    ['{{ secret (env "HOST") }}', 'invalid_template: secret takes one name in quotes'],
    ['{{ "db-pass" | secret }}', 'invalid_template: secret takes one name in quotes'],
    ['{{ upper }}', 'invalid_template: wrong number of args for upper: want 1 got 0'],
    ['{{ upper "a" "b" }}', 'invalid_template: wrong number of args for upper: want 1 got 2'],
    ['{{ "a" | "b" }}', 'invalid_template: only a function can follow'],
    ['{{', 'unclosed action'],
    ['{{ env "HOST"', 'unclosed action'],
    ['{{ "x }}', 'unexpected'],
    ['{{ (env "HOST" }}', 'unclosed parenthesis'],
    ['{{ env "HOST") }}', 'unexpected )'],
    ['{{ | upper }}', 'missing value for command'],
    ['{{ "a" "b" }}', 'a value takes no arguments'],
    ['{{ .Values }}', 'unexpected "."'],
    [String.raw`{{ "\x" }}`, String.raw`unknown escape \x`],
    [`{{ ${'('.repeat(30)}"x"${')'.repeat(30)} }}`, 'too many parentheses'],
    [`{{ replace "a" "${'b'.repeat(3000)}" "${'a'.repeat(3000)}" }}`, 'too_big'],
  ])('%s is refused', (text, message) => expect(render(text)).toMatch(`! ${message}`));
});

const params = { n: '{{ secret "db-pass" }}', list: [{ deep: 'x {{ secret "db-pass" }}' }], plain: 1 };
const document = {
  metadata: { name: '{{ x' },
  spec: { policies: [{ name: 'p', params }], upstream: { main: { url: 'http://{{ env "HOST" }}' } } },
};

test('a document is rendered where it may be, and says where secrets went', () => {
  const rendered = renderDocument(document, values);
  expect(rendered.diagnostics).toEqual([]);
  expect(rendered.value).toEqual({
    metadata: { name: '{{ x' },
    spec: {
      policies: [{ name: 'p', params: { n: 'Geheim-1', list: [{ deep: 'x Geheim-1' }], plain: 1 } }],
      upstream: { main: { url: 'http://b.example.com' } },
    },
  });
  expect(rendered.secretPlaces).toEqual([
    ['spec', 'policies', 0, 'params', 'n'],
    ['spec', 'policies', 0, 'params', 'list', 0, 'deep'],
  ]);
  expect(document.spec.policies[0]?.params).toBe(params);
  expect(secretNamesIn(document)).toEqual(['db-pass']);
  expect(secretNamesIn({ spec: { a: '{{ env "X" | required "" }}{{ secret "z" | lower }} {{ secret "b" }}' } })).toEqual([
    'b',
    'z',
  ]);
  const plain = { spec: { a: 1 } };
  expect(renderDocument(plain, values).value).toBe(plain);
});

test('what a diagnostic says of a secret is not the secret', () => {
  const { masked } = renderDocument(document, values);
  const told = masked([
    { path: 'spec.policies[0].params.n', code: 'c', message: 'must not be Geheim-1' },
    { path: 'spec.policies[0].params', code: 'c', message: 'Geheim-1 and plain' },
  ]);
  expect(told.map(({ message }) => message)).toEqual([
    'The value of the secret is not accepted in spec.policies[0].params.n',
    '*** and plain',
  ]);
});

const api = (spec: object) => ({
  kind: 'RestApi',
  metadata: { name: 'a' },
  spec: {
    displayName: 'A',
    version: 'v1.0',
    context: '/a',
    upstream: { main: { url: 'http://b' } },
    operations: [{ method: 'GET', path: '/' }],
    ...spec,
  },
});

test('rules look at what becomes of a template; without its values they are silent', () => {
  const vhosts = { main: '{{ env "HOST" }}', sandbox: '{{ env "PAD" }}' };
  const timeouts = { resilience: { timeout: '{{ env "HOST" }}' }, upstream: { main: { url: '{{ env "HOST" }}' } } };
  const refused = checkRestApi(api({ vhosts, ...timeouts }), undefined, (value) => renderDocument(value, values));
  expect(refused.ok ? [] : refused.diagnostics.map(({ path }) => path)).toEqual([
    'spec.upstream.main.url',
    'spec.resilience.timeout',
  ]);
  expect(checkRestApi(api({ vhosts, ...timeouts })).ok).toBe(true);
  const accepted = checkRestApi(api({ vhosts }), undefined, (value) => renderDocument(value, values));
  expect(accepted.ok && accepted.value.spec.vhosts?.main).toBe('{{ env "HOST" }}');
});
