import { z } from 'zod';

/** WSO2's alphabet of header names, narrower than RFC 9110 §5.1. */
export const headerName = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[A-Za-z0-9_-]+$/, 'a header name of letters, digits, "-" and "_"')
  .refine((name) => !FRAMING.has(name.toLowerCase()), 'this header frames the message and cannot be changed');

/** Values as RFC 9110 §5.5 allows them: what a line break would do is another header. */
export const headerValue = z
  .string()
  .max(8192)
  .regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'a header value has no control characters');

/** Changing them would change where a message ends or where a connection goes (RFC 9112 §6, RFC 9110 §7.6.1). */
const FRAMING = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
