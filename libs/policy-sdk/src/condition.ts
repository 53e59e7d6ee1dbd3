import { type ASTNode, Environment } from '@marcbachmann/cel-js';

import type { Exchange } from './exchange.ts';
import { type LinearRegex, linearRegex } from './linear-regex.ts';

export type ConditionPhase = 'request_headers' | 'request_body' | 'response_headers' | 'response_body';

/** Whether a policy takes part in a phase. Throws when the expression fails for this exchange: the policy has failed then. */
export type Condition = (exchange: Exchange, phase: ConditionPhase, body: Uint8Array | null) => boolean;

/** Throws when the expression fails for this exchange. */
type Evaluate = (exchange: Exchange, phase: ConditionPhase, body: Uint8Array | null) => unknown;

interface Failed {
  readonly ok: false;
  readonly message: string;
}
type Compiled = { readonly ok: true; readonly condition: Condition } | Failed;
type CompiledExpression = { readonly ok: true; readonly evaluate: Evaluate; readonly usesBody: boolean } | Failed;

/** Types of CEL; "dyn" = known only when it is evaluated */
export type CelType = 'bool' | 'string' | 'int' | 'double' | 'dyn';

const TEXT_MAX = 2048;
/** `exists`, `all`, `map`, …: two of them nested look at every pair of headers, three at every triple. */
const LOOPS_MAX = 2;

/**
 * An `executionCondition`: CEL (data-plane reference §2.7), type-checked, so that what is wrong is said when it is deployed and not
 * when it is asked. `auth` is ours: WSO2's conditions cannot see who called.
 */
export function compileCondition(text: string): Compiled {
  const compiled = compileExpression(text, ['bool']);
  if (!compiled.ok) return compiled;
  const { evaluate } = compiled;
  return {
    ok: true,
    condition(exchange, phase, body) {
      const result = evaluate(exchange, phase, body);
      if (typeof result !== 'boolean') throw new Error('an executionCondition did not give a bool');
      return result;
    },
  };
}

/** Any other expression over the same variables, of one of these types. */
export function compileExpression(text: string, types: readonly CelType[]): CompiledExpression {
  if (text.length > TEXT_MAX) return { ok: false, message: `is longer than ${TEXT_MAX} characters` };
  if ((text.match(/\.(?:all|exists|exists_one|map|filter)\s*\(/g) ?? []).length > LOOPS_MAX)
    return { ok: false, message: `has more than ${LOOPS_MAX} of all, exists, exists_one, map and filter` };
  try {
    const expression = ENVIRONMENT.parse(withLinearMatches(text));
    const { valid, type, error } = expression.check();
    if (!valid) return { ok: false, message: firstLine(error?.message ?? 'is not valid') };
    if (!types.some((wanted) => wanted === type))
      return {
        ok: false,
        message: `must be a ${types.filter((wanted) => wanted !== 'dyn').join(' or ')}, and is ${type ?? 'of unknown type'}`,
      };
    const uses = { headers: text.includes('Headers'), body: text.includes('Body') };
    return {
      ok: true,
      usesBody: uses.body,
      evaluate: (exchange, phase, body): unknown => expression(activation(exchange, { phase, body, uses })),
    };
  } catch (error) {
    return { ok: false, message: firstLine(error instanceof Error ? error.message : String(error)) };
  }
}

/**
 * The library's `matches` backtracks, and what it registered cannot be replaced: every call becomes one of ours. Throws when one is
 * left.
 */
function withLinearMatches(text: string): string {
  let out = text;
  for (let left = MATCHES_MAX; left >= 0; left--) {
    const call = matchesCall(ENVIRONMENT.parse(out).ast);
    if (call === null) return out;
    const { end } = call.receiver.range;
    const name = /^[\s)]*\.\s*matches/.exec(out.slice(end))?.[0];
    if (name === undefined) break;
    const at = end + name.length - 'matches'.length;
    out = `${out.slice(0, at)}${LINEAR_MATCHES}${out.slice(at + 'matches'.length)}`;
  }
  throw new Error(`has more than ${MATCHES_MAX} calls of matches`);
}

const MATCHES_MAX = 10;
const LINEAR_MATCHES = 'linearMatches';

/** Patterns of expressions, nearly always constants: compiled when first asked, not with every request. */
const patterns = new Map<string, LinearRegex>();
const PATTERNS_MAX = 1000;

function compiledOnce(pattern: string): LinearRegex {
  const known = patterns.get(pattern);
  if (known !== undefined) return known;
  const compiled = linearRegex(pattern);
  if (patterns.size >= PATTERNS_MAX) patterns.clear();
  patterns.set(pattern, compiled);
  return compiled;
}

/** The first call of `matches` that the library would run itself, or `null`. */
function matchesCall(node: ASTNode): { readonly receiver: ASTNode } | null {
  if (node.op === 'rcall' && node.args[0] === 'matches') return { receiver: node.args[1] };
  return (
    nodesIn(node.args)
      .map(matchesCall)
      .find((found) => found !== null) ?? null
  );
}

function nodesIn(args: unknown): ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(nodesIn);
  return isNode(args) ? [args] : [];
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}

const BODY = { Content: 'bytes', EndOfStream: 'bool', Present: 'bool' };
const HEADERS = 'map<string, list<string>>';
const METADATA = 'map<string, dyn>';

const ENVIRONMENT = new Environment({ unlistedVariablesAreDyn: false, limits: { maxAstNodes: 500, maxDepth: 50 } })
  .registerFunction(`string.${LINEAR_MATCHES}(string): bool`, (text: string, pattern: string) => compiledOnce(pattern).test(text))
  .registerVariable('processing', { schema: { phase: 'string' } })
  .registerVariable('auth', {
    schema: { Authenticated: 'bool', Type: 'string', Subject: 'string', Properties: 'map<string, string>' },
  })
  .registerVariable('api', { schema: { Name: 'string', Version: 'string', Context: 'string' } })
  .registerVariable('request', {
    schema: { Headers: HEADERS, Body: BODY, Path: 'string', Method: 'string', RequestID: 'string', Metadata: METADATA },
  })
  .registerVariable('response', {
    schema: {
      RequestHeaders: HEADERS,
      RequestBody: BODY,
      RequestPath: 'string',
      RequestMethod: 'string',
      ResponseHeaders: HEADERS,
      ResponseBody: BODY,
      ResponseStatus: 'int',
      // As the rate limiting policies of WSO2 call them.
      Headers: HEADERS,
      Body: BODY,
      Status: 'int',
      RequestID: 'string',
      Metadata: METADATA,
    },
  });

interface Moment {
  readonly phase: ConditionPhase;
  readonly body: Uint8Array | null;
  /** What the expression asks for at all: nothing is copied for nothing */
  readonly uses: { readonly headers: boolean; readonly body: boolean };
}

function activation(exchange: Exchange, { phase, body, uses }: Moment): Record<string, unknown> {
  const { auth, requestId: RequestID, metadata: Metadata } = exchange;
  const Path = exchange.path + exchange.query;
  const Method = exchange.method;
  const Headers = listed(uses.headers ? exchange.requestHeaders() : []);
  const Body = bodyOf(uses.body && phase === 'request_body' ? body : null);
  const answer = phase.startsWith('response') ? exchange.response : null;
  const { apiName: Name, apiVersion: Version, context: Context } = exchange.route;
  const ResponseHeaders = listed(uses.headers ? (answer?.headers() ?? []) : []);
  const ResponseBody = bodyOf(uses.body && phase === 'response_body' ? body : null);
  const ResponseStatus = BigInt(answer?.status ?? 0);
  return {
    processing: { phase },
    auth: {
      Authenticated: auth !== null,
      Type: auth?.type ?? '',
      Subject: auth?.subject ?? '',
      Properties: new Map(Object.entries(auth?.properties ?? {})),
    },
    api: { Name, Version, Context },
    request: { Headers, Body, Path, Method, RequestID, Metadata },
    response: {
      RequestHeaders: Headers,
      RequestBody: bodyOf(uses.body ? exchange.upstream.body : null),
      RequestPath: Path,
      RequestMethod: Method,
      ResponseHeaders,
      ResponseBody,
      ResponseStatus,
      Headers: ResponseHeaders,
      Body: ResponseBody,
      Status: ResponseStatus,
      RequestID,
      Metadata,
    },
  };
}

function bodyOf(body: Uint8Array | null) {
  return { Content: body ?? NOTHING, EndOfStream: true, Present: body !== null };
}

const NOTHING = new Uint8Array();

function listed(fields: readonly (readonly [name: string, value: string])[]): Map<string, string[]> {
  const lists = new Map<string, string[]>();
  for (const [name, value] of fields) {
    const before = lists.get(name);
    if (before === undefined) lists.set(name, [value]);
    else before.push(value);
  }
  return lists;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}
