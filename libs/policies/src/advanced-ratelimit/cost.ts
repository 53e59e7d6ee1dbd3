import { compileExpression, type Exchange } from '@tidegate/policy-sdk';

import { jsonReader, parseJson } from '../json-path.ts';
import type { CostSpec } from '../limiter/quota-set.ts';
import type { AdvancedRatelimitParams, CostSource } from './definition.ts';

type Extraction = AdvancedRatelimitParams['quotas'][number]['costExtraction'];

/** `null` = every request costs 1. The latest source decides when the cost is known. */
export function costOf(extraction: Extraction): CostSpec | null {
  if (extraction === undefined || !extraction.enabled) return null;
  const { sources, default: fallback } = extraction;
  const readers = sources.map(readerOf);
  const phase = PHASES.findLast((candidate) => sources.some((source) => phaseOf(source) === candidate)) ?? 'request-headers';
  return {
    phase,
    of(exchange, body) {
      const found = readers.map((read) => read(exchange, body)).filter((value) => value !== null);
      return found.length === 0
        ? fallback
        : Math.min(
            COST_MAX,
            found.reduce((sum, value) => sum + value, 0),
          );
    },
  };
}

const PHASES = ['request-headers', 'request-body', 'response-headers', 'response-body'] as const;
const COST_MAX = 1e12;

function phaseOf(source: CostSource): CostSpec['phase'] {
  const { type } = source;
  if (type === 'request_cel') return source.expression.includes('Body') ? 'request-body' : 'request-headers';
  if (type === 'response_cel') return source.expression.includes('Body') ? 'response-body' : 'response-headers';
  if (type === 'request_body') return 'request-body';
  if (type === 'response_body') return 'response-body';
  return type.startsWith('response') ? 'response-headers' : 'request-headers';
}

/** `null` = no number there. */
function readerOf(source: CostSource): (exchange: Exchange, body: Uint8Array | null) => number | null {
  const { type, multiplier } = source;
  if ('jsonPath' in source) {
    const read = jsonReader(source.jsonPath);
    return (_exchange, body) =>
      times(body === null ? undefined : read(parseJson(Buffer.from(body).toString('utf8'))), multiplier);
  }
  if ('expression' in source) return celReader(source);
  const name = type.endsWith('header') ? source.key.toLowerCase() : source.key;
  if (type === 'request_header') return (exchange) => times(exchange.requestHeader(name), multiplier);
  if (type === 'response_header') return (exchange) => times(exchange.response?.header(name), multiplier);
  return ({ metadata }) => times(metadata.get(name), multiplier);
}

/** In the phase in which the cost is charged; `null` = it fails for this request, or gives no number. */
function celReader({ type, expression, multiplier }: Extract<CostSource, { expression: string }>) {
  const compiled = compileExpression(expression, ['int', 'double', 'dyn']);
  if (!compiled.ok) throw new Error(`the expression of a cost ${compiled.message}`);
  const { evaluate, usesBody } = compiled;
  const phase = `${type === 'request_cel' ? 'request' : 'response'}_${usesBody ? 'body' : 'headers'}` as const;
  return (exchange: Exchange, body: Uint8Array | null): number | null => {
    try {
      const value = evaluate(exchange, phase, body);
      return times(typeof value === 'bigint' ? Number(value) : value, multiplier);
    } catch {
      return null;
    }
  };
}

function times(value: unknown, multiplier: number): number | null {
  const number = typeof value === 'number' ? value : typeof value === 'string' && value.trim() !== '' ? Number(value) : NaN;
  return Number.isFinite(number) && number >= 0 ? number * multiplier : null;
}
