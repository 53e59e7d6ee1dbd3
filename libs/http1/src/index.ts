export { spells } from './bytes.ts';
export { ChunkedBody } from './chunked-body.ts';
export type { Fault } from './fault.ts';
export { emptyHead, type Head, HEAD_BYTES_MAX } from './head.ts';
export type { Parsed } from './parse-fields.ts';
export { parseRequestHead } from './parse-request-head.ts';
export { parseResponseHead } from './parse-response-head.ts';
