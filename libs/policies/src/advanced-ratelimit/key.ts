import { compileExpression, type Exchange } from '@tidegate/policy-sdk';

import type { KeyPart } from './definition.ts';

const ROUTE_ALONE: readonly KeyPart[] = [{ type: 'routename' }];

/**
 * The key of a quota. Without `apiname` each route counts for itself, whatever else the key holds, as in WSO2's gateway. Parts are
 * escaped, so that two different lists of values never make one key.
 */
export function keyExtractor(parts: readonly KeyPart[] = ROUTE_ALONE): (exchange: Exchange) => string {
  const chosen = parts.length === 0 ? ROUTE_ALONE : parts;
  const shared = chosen.some(({ type }) => type === 'apiname');
  const readers = [...(shared ? [] : [ROUTE]), ...chosen.filter(({ type }) => shared || type !== 'routename').map(readerOf)];
  const only = readers.length === 1 ? readers[0] : undefined;
  return only ?? ((exchange) => readers.map((read) => escape(read(exchange))).join(':'));
}

const ROUTE = ({ route }: Exchange): string => route.id;

function readerOf(part: KeyPart): (exchange: Exchange) => string {
  switch (part.type) {
    case 'header': {
      const name = part.key.toLowerCase();
      return (exchange) => exchange.requestHeader(name) ?? `_missing_header_${name}_`;
    }
    case 'metadata':
      return ({ metadata }) => textOf(metadata.get(part.key)) ?? `_missing_metadata_${part.key}_`;
    case 'constant':
      return () => part.key;
    case 'ip':
      return ({ clientAddress }) => clientAddress;
    case 'consumer':
      return ({ auth, clientAddress }) => (auth === null ? `address:${clientAddress}` : `${auth.type}:${auth.subject}`);
    case 'apiname':
      return ({ route }) => route.apiId;
    case 'apiversion':
      return ({ route }) => route.apiVersion;
    case 'routename':
      return ROUTE;
    case 'cel':
      return celReader(part.expression);
  }
}

/** What fails for one request counts under one key with all that fail: WSO2's, so that it is limited and not let go. */
function celReader(expression: string): (exchange: Exchange) => string {
  const compiled = compileExpression(expression, ['string', 'dyn']);
  if (!compiled.ok) throw new Error(`the expression of a key ${compiled.message}`);
  return (exchange) => {
    try {
      const value = compiled.evaluate(exchange, 'request_headers', null);
      return typeof value === 'string' ? value : FAILED;
    } catch {
      return FAILED;
    }
  };
}

const FAILED = '_cel_eval_error_';

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

function escape(text: string): string {
  return text.replaceAll('%', '%25').replaceAll(':', '%3A');
}
