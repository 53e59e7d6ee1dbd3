import { expect, it } from 'vitest';

import { sampleContext, sampleExchange } from '../sample-exchange.ts';
import { regexGuardrail } from './definition.ts';
import { regexGuardrailRuntime } from './runtime.ts';

async function request(side: object, body: string | Buffer, contentType?: string) {
  const policy = regexGuardrailRuntime.build(regexGuardrail.params.parse({ request: side }), sampleContext());
  const headers = contentType === undefined ? {} : { 'content-type': contentType };
  return (await policy.requestBody?.(sampleExchange({ headers }), Buffer.from(body)))?.body;
}

it('wants a match anywhere in the value', async () => {
  expect(await request({ regex: 'b+', jsonPath: '' }, 'abbc')).toBeUndefined();
  expect(await request({ regex: '^b', jsonPath: '' }, 'abbc')).toBe(
    '{"type":"REGEX_GUARDRAIL","message":{"action":"GUARDRAIL_INTERVENED","actionReason":"Violation of regular expression detected.","direction":"REQUEST","interveningGuardrail":"regex-guardrail"}}',
  );
});

it('inverted, refuses what matches', async () => {
  const side = { regex: '(?i)password', invert: true };
  expect(await request(side, '{"messages":[{"content":"my PassWord is"}]}')).toContain('REGEX_GUARDRAIL');
  expect(await request(side, '{"messages":[{"content":"hello"}]}')).toBeUndefined();
});

it.each([
  ['utf16le', undefined],
  ['utf16le', 'application/json; charset=utf-8'],
  ['utf16le', 'text/plain; charset=utf-16'],
  ['utf16le', 'text/plain; charset=utf-16le'],
  ['utf8', 'text/plain; charset=utf-7'],
  ['utf8', 'text/plain; charset=utf-8; charset=utf-16le'],
] as [BufferEncoding, string | undefined][])('lets nothing pass that another charset hides: %s as %s', async (encoding, type) => {
  for (const side of [
    { regex: 'password', invert: true, jsonPath: '' },
    { regex: 'password', invert: true, jsonPath: '$.a' },
  ])
    expect(await request(side, Buffer.from('{"a":"password"}', encoding), type)).toContain('REGEX_GUARDRAIL');
});

it('lets pass what is harmless in a charset that is said', async () => {
  const side = { regex: 'password', invert: true, jsonPath: '$.a' };
  expect(await request(side, Buffer.from('{"a":"grün"}', 'latin1'), 'application/json; charset=iso-8859-1')).toBeUndefined();
  expect(await request(side, Buffer.from('{"a":"ok"}', 'utf16le'), 'application/json; charset=utf-16le')).toBeUndefined();
});

it.each(['(a*)*b', '(a|aa)+$', '(.*a){20}$', '(x+x+)+y', '^(([a-z])+.)+[A-Z]([a-z])+$'])(
  'hostile pattern %s ends on a hostile text',
  async (regex) => {
    expect(await request({ regex, jsonPath: '' }, `${'a'.repeat(50_000)}!`)).toContain('REGEX_GUARDRAIL');
  },
);

it.each([true, false])('what would take too long is refused unread (invert: %s)', async (invert) => {
  const side = { regex: '((.*a){30}b){10}$', jsonPath: '', invert, showAssessment: true };
  expect(await request(side, 'ab'.repeat(50_000))).toContain('too long to be checked');
});

it('ends on a text that would stall a backtracking engine', async () => {
  expect(await request({ regex: '^(a+)+$', jsonPath: '' }, `${'a'.repeat(50_000)}!`)).toContain('REGEX_GUARDRAIL');
});

it.each([
  {},
  { request: {} },
  { request: { regex: '(' } },
  { request: { regex: '(?!a)b' } },
  { request: { regex: 'a'.repeat(1025) } },
])('refuses %j', (params) => {
  expect(regexGuardrail.params.safeParse(params).success).toBe(false);
});
