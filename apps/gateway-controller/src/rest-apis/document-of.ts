import { policyDefinitions } from '@tidegate/policies/definitions';
import { parseRestApi, type RestApiDocument } from '@tidegate/rest-api';
import { compilerCheck } from '@tidegate/route-compiler';

import { badRequest } from '../http/api-error.ts';
import type { RawBody } from '../http/body.ts';

/** Policies and templates speak in the same answer as the document's own faults. */
const checkPolicies = compilerCheck(policyDefinitions);

/** @throws ApiError 400: [T] message and every diagnostic. WSO2 writes the first letter of a PUT's parse error as a capital. */
export function documentOf({ text, contentType }: RawBody, { capital = false } = {}): RestApiDocument {
  const parsed = parseRestApi(text, contentType, checkPolicies);
  if (parsed.ok) return parsed.value;
  if (parsed.stage === 'syntax') throw badRequest('malformed_body', capital ? parsed.message.replace(/^f/, 'F') : parsed.message);
  throw badRequest(
    'validation_failed',
    parsed.message,
    parsed.diagnostics.map(({ path, code, message }) => ({ field: path, code, message })),
  );
}

/** A document that is a value already, checked as if it had been sent. */
export function bodyOfDocument(document: unknown): RawBody {
  return { text: JSON.stringify(document), contentType: 'application/json' };
}
