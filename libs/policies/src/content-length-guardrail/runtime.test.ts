import { describe, expect, it } from 'vitest';

import { sampleContext, sampleExchange } from '../sample-exchange.ts';
import { contentLengthGuardrail } from './definition.ts';
import { contentLengthGuardrailRuntime } from './runtime.ts';

const build = (params: object) =>
  contentLengthGuardrailRuntime.build(contentLengthGuardrail.params.parse(params), sampleContext());

async function request(side: object, body: string | null) {
  const verdict = await build({ request: side }).requestBody?.(sampleExchange(), body === null ? null : Buffer.from(body));
  return verdict === undefined ? 'passes' : { status: verdict.status, body: JSON.parse(String(verdict.body)) as unknown };
}

const refused = (more: object = {}, direction = 'REQUEST') => ({
  type: 'CONTENT_LENGTH_GUARDRAIL',
  message: {
    action: 'GUARDRAIL_INTERVENED',
    actionReason: 'Violation of applied content length constraints detected.',
    ...more,
    direction,
    interveningGuardrail: 'content-length-guardrail',
  },
});

describe('content-length-guardrail', () => {
  it('measures the whole body in bytes', async () => {
    const side = { jsonPath: '', min: 2, max: 4 };
    for (const [body, passes] of [
      ['é', true],
      ['x', false],
      ['éé', true],
      ['ééx', false],
      [null, false],
    ] as const)
      expect([body, await request(side, body)]).toEqual([body, passes ? 'passes' : { status: 422, body: refused() }]);
  });

  it('measures one member; what has none does not pass, also inverted', async () => {
    const side = { max: 3 };
    const body = (content: string) => JSON.stringify({ messages: [{ content: 'long ago' }, { content }] });
    expect(await request(side, body('abc'))).toBe('passes');
    expect(await request(side, body('abcd'))).toEqual({ status: 422, body: refused() });
    for (const invert of [false, true])
      for (const wrong of ['{}', 'no json', '', null])
        expect(await request({ ...side, invert }, wrong)).toMatchObject({ status: 422 });
    expect(await request({ ...side, invert: true }, body('abcd'))).toBe('passes');
    expect(await request({ ...side, invert: true }, body('abc'))).toMatchObject({ status: 422 });
  });

  it('says what is wrong only when asked', async () => {
    const assessments = 'The value has 5 bytes; allowed are 0 to 3.';
    expect(await request({ jsonPath: '', max: 3, showAssessment: true }, 'abcde')).toEqual({
      status: 422,
      body: refused({ assessments }),
    });
  });

  it('replaces answers: status, body, and what described the old body', async () => {
    const exchange = sampleExchange({ answer: { 'content-type': 'text/plain', etag: '"x"', 'x-keep': '1' } });
    const policy = build({ response: { jsonPath: '', max: 3 } });
    const body = await policy.responseBody?.(exchange, Buffer.from('abcde'));
    expect([exchange.response?.status, JSON.parse(Buffer.from(body ?? []).toString())]).toEqual([422, refused({}, 'RESPONSE')]);
    expect(Object.fromEntries(exchange.answerHeaders)).toEqual({ 'content-type': 'application/json', 'x-keep': '1' });
    const fine = Buffer.from('abc');
    expect(await policy.responseBody?.(sampleExchange(), fine)).toBe(fine);
  });

  it('takes part only where it is enabled', () => {
    expect(Object.keys(build({ request: { max: 1, enabled: false }, response: { max: 1 } }))).toEqual(['responseBody']);
  });

  it.each([
    {},
    { request: {} },
    { request: { min: 2, max: 1 } },
    { request: { max: -1 } },
    { request: { max: 1, jsonPath: 'a' } },
    { request: { max: 1, more: 1 } },
  ])('refuses %j', (params) => {
    expect(contentLengthGuardrail.params.safeParse(params).success).toBe(false);
  });
});
