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
  const phase = PHASES.findLast((candidate) => readers.some((reader) => reader.phase === candidate)) ?? 'request-headers';
  return {
    phase,
    of(exchange, body) {
      const found = readers.map(({ read }) => read(exchange, body)).filter((value) => value !== null);
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

interface Reader {
  /** From which on it can be read */
  readonly phase: CostSpec['phase'];
  /** `null` = no number there */
  readonly read: (exchange: Exchange, body: Uint8Array | null) => number | null;
}

function readerOf(source: CostSource): Reader {
  const { type, multiplier } = source;
  if ('expression' in source) return celReader(source);
  const side = type.startsWith('request') ? 'request' : 'response';
  if ('jsonPath' in source) {
    const found = jsonReader(source.jsonPath);
    return {
      phase: `${side}-body`,
      read: (_exchange, body) =>
        times(body === null ? undefined : found(parseJson(Buffer.from(body).toString('utf8'))), multiplier),
    };
  }
  const phase = `${side}-headers` as const;
  const name = type.endsWith('header') ? source.key.toLowerCase() : source.key;
  if (type === 'request_header') return { phase, read: (exchange) => times(exchange.requestHeader(name), multiplier) };
  if (type === 'response_header') return { phase, read: (exchange) => times(exchange.response?.header(name), multiplier) };
  return { phase, read: ({ metadata }) => times(metadata.get(name), multiplier) };
}

/** In the phase in which the cost is charged; `null` = it fails for this request, or gives no number. */
function celReader({ type, expression, multiplier }: Extract<CostSource, { expression: string }>): Reader {
  const compiled = compileExpression(expression, ['int', 'double', 'dyn']);
  if (!compiled.ok) throw new Error(`the expression of a cost ${compiled.message}`);
  const { evaluate, usesBody } = compiled;
  const side = type === 'request_cel' ? 'request' : 'response';
  const part = usesBody ? 'body' : 'headers';
  const phase = `${side}_${part}` as const;
  return {
    phase: `${side}-${part}`,
    read(exchange, body) {
      try {
        const value = evaluate(exchange, phase, body);
        return times(typeof value === 'bigint' ? Number(value) : value, multiplier);
      } catch {
        return null;
      }
    },
  };
}

function times(value: unknown, multiplier: number): number | null {
  const number = typeof value === 'number' ? value : typeof value === 'string' && value.trim() !== '' ? Number(value) : NaN;
  return Number.isFinite(number) && number >= 0 ? number * multiplier : null;
}
