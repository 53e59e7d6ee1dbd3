import type { FieldError } from '@tidegate/management-api';

interface Details {
  readonly errors?: readonly FieldError[];
  /** Sent with the answer, names as they go on the wire */
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/**
 * A refusal the caller is told about: status, a stable `code`, a message, and what is wrong where.
 * Everything else that is thrown answers 500 and tells nothing (decision 18).
 */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly errors: readonly FieldError[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, details: Details = {}) {
    super(message, { cause: details.cause });
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.errors = details.errors ?? [];
    this.headers = details.headers ?? {};
  }
}

export function badRequest(code: string, message: string, errors: readonly FieldError[] = []): ApiError {
  return new ApiError(400, code, message, { errors });
}

export function notFound(message: string): ApiError {
  return new ApiError(404, 'not_found', message);
}

export function conflict(code: string, message: string, errors: readonly FieldError[] = []): ApiError {
  return new ApiError(409, code, message, { errors });
}
