import type { Operation } from './document.ts';
import type { PathForm } from './path-template.ts';
import type { Sound } from './sound.ts';

export interface HeaderCondition {
  /** Lower-case */
  readonly name: string;
  readonly value: string;
  readonly kind: 'exact' | 'regex';
}

/** Which requests an operation takes, whichever of the two forms it was written in. */
export interface OperationMatch {
  /** Upper-case; "" = not said */
  readonly method: string;
  /** As written; "" = not said */
  readonly path: string;
  readonly form: PathForm;
  readonly headers: readonly HeaderCondition[];
  /** Where the document says it, below the operation: "method" or "match.method" */
  readonly methodField: string;
  readonly pathField: string;
}

/** Reads the simple form or `match`, which wins where present. Methods are upper-cased (WSO2 left them unreachable). */
export function operationMatch(operation: Sound<Operation>): OperationMatch {
  const { match } = operation;
  if (match === undefined) {
    const { method = '', path = '' } = operation;
    return { method: method.toUpperCase(), path, form: 'simple', headers: [], methodField: 'method', pathField: 'path' };
  }
  return {
    method: (match.method ?? '').toUpperCase(),
    path: match.path?.value ?? '',
    form: match.path?.type === 'PathPrefix' ? 'prefix' : 'exact',
    headers: (match.headers ?? []).flatMap((header) =>
      header?.name === undefined || header.value === undefined
        ? []
        : [
            {
              name: header.name.toLowerCase(),
              value: header.value,
              kind: header.type === 'RegularExpression' ? 'regex' : 'exact',
            },
          ],
    ),
    methodField: 'match.method',
    pathField: 'match.path.value',
  };
}
