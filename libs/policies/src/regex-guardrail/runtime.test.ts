import { expect, it } from 'vitest';

import { sampleContext, sampleExchange } from '../sample-exchange.ts';
import { regexGuardrail } from './definition.ts';
import { regexGuardrailRuntime } from './runtime.ts';

async function request(side: object, body: string) {
  const policy = regexGuardrailRuntime.build(regexGuardrail.params.parse({ request: side }), sampleContext());
  return (await policy.requestBody?.(sampleExchange(), Buffer.from(body)))?.body;
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
