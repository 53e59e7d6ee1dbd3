import type { IncomingMessage } from 'node:http';

/**
 * Why an upstream's answer may not be passed on (502), or `null`. llhttp has refused what it finds ambiguous; this is what it
 * lets through and a client behind us could read differently, or node:http could not send. Design of the data plane, "Strictness".
 */
export function answerFault({
  statusCode = 0,
  statusMessage = '',
  httpVersionMajor,
  httpVersionMinor,
  headers,
}: IncomingMessage) {
  if (httpVersionMajor !== 1) return 'answer_version';
  if (statusCode < 200) return 'answer_status';
  if (CONTROL.test(statusMessage)) return 'answer_reason';
  const coding = headers['transfer-encoding'];
  if (coding === undefined) return null;
  return coding.toLowerCase() === 'chunked' && httpVersionMinor === 1 ? null : 'answer_coding';
}

const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/;
