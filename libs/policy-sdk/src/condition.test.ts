import { describe, expect, it } from 'vitest';

import { compileCondition, compileExpression, type ConditionPhase } from './condition.ts';
import type { Exchange } from './exchange.ts';
import type { Policy } from './runtime.ts';
import { withCondition } from './with-condition.ts';

/** What conditions can see of an exchange, and nothing else. */
function exchangeWith(changes: object = {}): Exchange {
  const seen = {
    requestId: 'r-1',
    route: { apiName: 'Pets', apiVersion: 'v1.0', context: '/ctx' },
    method: 'POST',
    path: '/ctx/pets',
    query: '?a=1',
    auth: { type: 'jwt', subject: 'ann', properties: { scopes: 'read write' }, previous: null },
    metadata: new Map<string, unknown>([
      ['plan', 'gold'],
      ['auth.claims', { org: 'a', level: 3 }],
    ]),
    upstream: { body: Buffer.from('up') },
    response: { status: 404, headers: () => [['x-b', 'y']] },
    requestHeaders: () => [
      ['x-a', '1'],
      ['x-a', '2'],
    ],
    ...changes,
  };
  return seen as unknown as Exchange;
}

interface Asked {
  readonly phase?: ConditionPhase;
  readonly body?: Uint8Array | null;
  readonly auth?: null;
  readonly path?: string;
}

function ask(text: string, { phase = 'request_headers', body = null, ...changes }: Asked = {}) {
  const compiled = compileCondition(text);
  if (!compiled.ok) throw new Error(compiled.message);
  return compiled.condition(exchangeWith(changes), phase, body);
}

describe('a condition', () => {
  it.each([
    ['true', true],
    ['request.Method == "POST"', true],
    ['request.Path == "/ctx/pets?a=1"', true],
    ['request.RequestID == "r-1"', true],
    ['"x-a" in request.Headers && request.Headers["x-a"][1] == "2"', true],
    ['"x-z" in request.Headers', false],
    ['request.Headers["x-a"].exists(v, v == "3")', false],
    ['request.Body.Present', false],
    ['request.Metadata["plan"] == "gold"', true],
    ['request.Metadata["auth.claims"].org == "a"', true],
    ['auth.Authenticated && auth.Type == "jwt" && auth.Subject.startsWith("a")', true],
    ['auth.Properties["scopes"].contains("write")', true],
    ['processing.phase == "request_headers"', true],
    ['response.ResponseStatus == 0', true],
    ['(request.Path).matches("^/ctx/[a-z]+") && "a".matches("a")', true],
    ['request.Path.contains(".matches(")', false],
  ])('%s is %s', (text, expected) => {
    expect(ask(text)).toBe(expected);
  });

  it('sees the answer and the bodies of its phase', () => {
    expect(
      ask('response.ResponseStatus == 404 && response.ResponseHeaders["x-b"][0] == "y"', { phase: 'response_headers' }),
    ).toBe(true);
    expect(ask('string(request.Body.Content) == "hi"', { phase: 'request_body', body: Buffer.from('hi') })).toBe(true);
    expect(ask('string(response.ResponseBody.Content) == "down"', { phase: 'response_body', body: Buffer.from('down') })).toBe(
      true,
    );
    expect(ask('string(response.RequestBody.Content) == "up"', { phase: 'response_body' })).toBe(true);
    expect(ask('auth.Authenticated', { auth: null })).toBe(false);
  });

  it('fails when it asks for what is not there', () => {
    expect(() => ask('request.Headers["x-z"][0] == "1"')).toThrow();
    expect(() => ask('request.Metadata["none"] == "1"')).toThrow();
  });

  it.each([
    ['request.Methd == "GET"', 'No such key: Methd'],
    ['reqest.Method == "GET"', 'Unknown variable: reqest'],
    ['request.Method', 'must be a bool, and is string'],
    ['1', 'must be a bool, and is int'],
    ['request.Method == 1', 'no such overload'],
    ['request.Method ==', ''],
    ['', ''],
    ['x'.repeat(2049), 'longer than 2048'],
    ['[1].all(a, [1].all(b, [1].all(c, true)))', 'more than 2'],
    [`${'('.repeat(200)}true${')'.repeat(200)}`, ''],
  ])('%s is refused when it is deployed', (text, message) => {
    const compiled = compileCondition(text);
    expect(compiled.ok).toBe(false);
    if (!compiled.ok) expect(compiled.message).toContain(message);
  });

  it('matches in linear time, however hostile the pattern', () => {
    expect(ask('request.Path.matches("^(/|a+)+$")', { path: `/${'a'.repeat(50_000)}!` })).toBe(false);
    expect(() => ask('request.Path.matches("(?=a)")')).toThrow();
  });
});

it('a policy takes part only where its condition holds; what it skips stays as it was', () => {
  const ran: string[] = [];
  const policy: Policy = {
    requestHeaders: () => void ran.push('request_headers'),
    requestBody: () => void ran.push('request_body'),
    responseHeaders: () => void ran.push('response_headers'),
    responseBody: () => (ran.push('response_body'), Buffer.from('changed')),
    immediate: () => void ran.push('immediate'),
  };
  const run = (text: string) => {
    const compiled = compileCondition(text);
    if (!compiled.ok) throw new Error(compiled.message);
    const { requestHeaders, requestBody, responseHeaders, responseBody, immediate } = withCondition(policy, compiled.condition);
    const body = Buffer.from('x');
    void requestHeaders?.(exchangeWith());
    void requestBody?.(exchangeWith(), body);
    void responseHeaders?.(exchangeWith());
    const after = responseBody?.(exchangeWith(), body);
    immediate?.(exchangeWith());
    return {
      ran: ran.splice(0),
      after: after instanceof Promise || after === undefined ? null : Buffer.from(after ?? []).toString(),
    };
  };
  for (const phase of ['request_body', 'response_headers'])
    expect(run(`processing.phase == "${phase}"`)).toEqual({ ran: [phase], after: 'x' });
  expect(run('processing.phase == "response_body"')).toEqual({ ran: ['response_body'], after: 'changed' });
  expect(run('false').ran).toEqual([]);
  expect(run('true').ran).toEqual(['request_headers', 'request_body', 'response_headers', 'response_body', 'immediate']);
  expect(Object.keys(withCondition({ requestHeaders: () => undefined }, () => true))).toEqual(['requestHeaders']);
});

it('where its condition does not hold, a policy does not stand around the forwarding', async () => {
  const own = { is: 'own', response: { status: 203, headers: [], body: '' } } as const;
  const forwarder = {
    repeatable: true,
    send: () => Promise.resolve({ is: 'client-gone' } as const),
    sendApart: () => Promise.resolve({ is: 'failed', cause: '' } as const),
  };
  for (const [holds, is] of [
    [true, 'own'],
    [false, 'client-gone'],
  ] as const) {
    const { forward } = withCondition({ forward: () => Promise.resolve(own) }, () => holds);
    expect((await forward?.(exchangeWith(), forwarder))?.is).toBe(is);
  }
});

it.each([
  ['api.Name + api.Version + api.Context', ['string'], 'Petsv1.0/ctx'],
  ['request.Metadata["plan"]', ['string', 'dyn'], 'gold'],
  ['size(request.Path)', ['int', 'double'], 13n],
] as const)('an expression of another type: %s', (text, types, value) => {
  const compiled = compileExpression(text, types);
  expect(compiled.ok && compiled.evaluate(exchangeWith(), 'request_headers', null)).toEqual(value);
});

it('an expression of the wrong type is told so', () => {
  expect(compileExpression('1 + 1', ['string', 'dyn'])).toEqual({ ok: false, message: 'must be a string, and is int' });
});
