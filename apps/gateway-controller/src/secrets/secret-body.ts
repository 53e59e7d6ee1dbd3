import type { PipeTransform } from '@nestjs/common';
import { SECRET_BYTES_MAX, type SecretRequest, secretRequest } from '@tidegate/management-api';
import { parseBody } from '@tidegate/rest-api';

import { ApiError, badRequest } from '../http/api-error.ts';
import { fieldError, rawBody } from '../http/body.ts';

/** The value, and as much around it as a name and a description need. */
const BODY_BYTES_MAX = SECRET_BYTES_MAX + 1024;

/** A secret as it is sent, with WSO2's words for what is wrong with it. Nothing of the body is repeated. */
export const secretBody: PipeTransform<unknown, SecretRequest> = {
  transform(value, metadata) {
    const { text, contentType } = rawBody.transform(value, metadata);
    if (Buffer.byteLength(text) > BODY_BYTES_MAX)
      throw new ApiError(413, 'body_too_large', 'Request body too large or unreadable');
    const body = parseBody(text, contentType);
    if (!body.ok) throw badRequest('malformed_body', 'Invalid request body: it is neither JSON nor YAML');
    const parsed = secretRequest.safeParse(body.value);
    if (parsed.success) return parsed.data;
    const errors = parsed.error.issues.map(fieldError);
    const told = errors.map(({ field, message }, at) => `${at + 1}. ${field}: ${message}`).join('; ');
    throw badRequest('validation_failed', `configuration validation failed with ${errors.length} error(s): ${told}`, errors);
  },
};
