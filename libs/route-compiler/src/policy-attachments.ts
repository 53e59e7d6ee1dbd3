import type { PolicyAttachment } from '@tidegate/rest-api';

/** One use of a policy in a document, and where it stands. */
export interface PlacedAttachment {
  /** `spec.policies[0]`, `spec.operations[2].policies[0]` */
  readonly path: string;
  /** `null` = API level */
  readonly operationIndex: number | null;
  /** In its own list, from 0 */
  readonly position: number;
  readonly attachment: PolicyAttachment;
}

/**
 * Every attachment of a document that may be wrong in any way: what has no readable name, version or parameters is left to the
 * document's own check. API level first, then operation by operation.
 */
export function attachmentsOf(document: unknown): PlacedAttachment[] {
  const spec = member(document, 'spec');
  const ofApi = listed(member(spec, 'policies'), 'spec.policies', null);
  const ofOperations = items(member(spec, 'operations')).flatMap((operation, at) =>
    listed(member(operation, 'policies'), `spec.operations[${at}].policies`, at),
  );
  return [...ofApi, ...ofOperations];
}

function listed(list: unknown, path: string, operationIndex: number | null): PlacedAttachment[] {
  return items(list).flatMap((item, position) =>
    isAttachment(item) ? [{ path: `${path}[${position}]`, operationIndex, position, attachment: item }] : [],
  );
}

function isAttachment(value: unknown): value is PolicyAttachment {
  const version = member(value, 'version');
  const condition = member(value, 'executionCondition');
  const params = member(value, 'params');
  return (
    typeof member(value, 'name') === 'string' &&
    (version === undefined || typeof version === 'string') &&
    (condition === undefined || typeof condition === 'string') &&
    (params === undefined || (typeof params === 'object' && params !== null && !Array.isArray(params)))
  );
}

/** A member of an object, `undefined` where there is none. */
export function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (Reflect.get(value, name) as unknown)
    : undefined;
}

export function items(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
