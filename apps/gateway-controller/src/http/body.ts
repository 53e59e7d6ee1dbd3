import { TextDecoder } from 'node:util';

import type { PipeTransform } from '@nestjs/common';
import type { FieldError } from '@tidegate/management-api';
import { parseBody } from '@tidegate/rest-api';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';

import { badRequest } from './api-error.ts';

/** Bodies are bounded before they are buffered. */
export const BODY_BYTES_MAX = 1024 * 1024;

/** What arrived, unparsed: libs/rest-api parses documents itself, `bodyOf` the rest. */
export interface RawBody {
  readonly text: string;
  /** As sent, with parameters */
  readonly contentType: string;
}

const CONTENT_TYPES = ['application/json', 'application/yaml', 'application/x-yaml', 'text/yaml'];

/** Only these types are read; any other body, or one without a type, answers 415. */
export function acceptBodies(instance: FastifyInstance): void {
  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser(CONTENT_TYPES, { parseAs: 'buffer', bodyLimit: BODY_BYTES_MAX }, (request, body, done) => {
    try {
      const text = new TextDecoder('utf-8', { fatal: true }).decode(body as Buffer);
      done(null, { text, contentType: request.headers['content-type'] ?? '' } satisfies RawBody);
    } catch {
      done(badRequest('malformed_body', 'Failed to read request body'));
    }
  });
}

/** A body that must be there, left as it came. */
export const rawBody: PipeTransform<unknown, RawBody> = {
  transform: (value) => (isRawBody(value) ? value : { text: '', contentType: 'application/json' }),
};

/** A JSON or YAML body, checked against `schema`. A missing or empty one is refused unless the schema accepts `absent`. */
export function bodyOf<T>(schema: z.ZodType<T>, absent?: unknown): PipeTransform<unknown, T> {
  return {
    transform: (value) => {
      const parsed = schema.safeParse(isRawBody(value) && value.text.trim() !== '' ? parse(value) : missing(absent));
      if (parsed.success) return parsed.data;
      const errors = parsed.error.issues.map(fieldError);
      throw badRequest('invalid_request', `Invalid request body: ${errors.map(({ message }) => message).join('; ')}`, errors);
    },
  };
}

/** For an action that takes nothing: what was meant must not be guessed. */
export const noBody = bodyOf(z.strictObject({}), {});

function isRawBody(value: unknown): value is RawBody {
  return typeof value === 'object' && value !== null && 'text' in value && typeof value.text === 'string';
}

function missing(absent: unknown): unknown {
  if (absent === undefined) throw badRequest('malformed_body', 'Invalid request body: the body is empty');
  return absent;
}

/** Bounded in depth, in values and in time, as documents are. */
function parse({ text, contentType }: RawBody): unknown {
  const parsed = parseBody(text, contentType);
  if (parsed.ok) return parsed.value;
  throw badRequest('malformed_body', `Invalid request body: ${parsed.message}`);
}

/** `['expiresIn', 'unit']` → `expiresIn.unit`; a list position as WSO2 writes it: `roles[0]`. */
export function fieldError(issue: z.core.$ZodIssue): FieldError {
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const path = unknown === undefined ? issue.path : [...issue.path, unknown];
  const field = path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`),
    '',
  );
  return { field, code: unknown === undefined ? 'invalid' : 'unknown_field', message: issue.message };
}
