import { TextDecoder } from 'node:util';

import type { PipeTransform } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { parse as parseYaml } from 'yaml';
import type { z } from 'zod';

import { ApiError, badRequest, type FieldError } from './api-error.ts';

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

function isRawBody(value: unknown): value is RawBody {
  return typeof value === 'object' && value !== null && 'text' in value && typeof value.text === 'string';
}

function missing(absent: unknown): unknown {
  if (absent === undefined) throw badRequest('malformed_body', 'Invalid request body: the body is empty');
  return absent;
}

function parse({ text, contentType }: RawBody): unknown {
  try {
    return contentType.toLowerCase().startsWith('application/json') ? JSON.parse(text) : parseYaml(text, { maxAliasCount: 100 });
  } catch (error) {
    throw new ApiError(400, 'malformed_body', `Invalid request body: ${error instanceof Error ? error.message : 'malformed'}`, {
      cause: error,
    });
  }
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
