import { HttpException } from '@nestjs/common';
import { errorBody } from '@tidegate/management-api';
import { QueryRunnerProviderAlreadyReleasedError } from 'typeorm';
import { expect, it } from 'vitest';

import { BusyError } from '../change-log/busy-error.ts';
import { ApiError } from './api-error.ts';
import { errorAnswer } from './error-answer.ts';

const coded = (code: string) => Object.assign(new Error('relation "api" on host db-7 is away'), { code });

it.each([
  [new ApiError(409, 'route_conflict', 'taken'), 409, 'route_conflict'],
  [new BusyError(1000, null), 503, 'busy'],
  [coded('ECONNREFUSED'), 503, 'busy'],
  [coded('57P01'), 503, 'busy'],
  [coded('57014'), 503, 'busy'],
  [coded('40P01'), 503, 'busy'],
  [coded('25006'), 503, 'busy'],
  [coded('EAI_AGAIN'), 503, 'busy'],
  [new Error('Connection terminated unexpectedly'), 503, 'busy'],
  [new Error('Query read timeout'), 503, 'busy'],
  [new QueryRunnerProviderAlreadyReleasedError(), 503, 'busy'],
  [coded('22P05'), 400, 'bad_request'],
  [coded('42P01'), 500, 'internal_error'],
  [new HttpException('anything', 415), 415, 'unsupported_media_type'],
  [new HttpException('anything', 418), 500, 'internal_error'],
  [{ statusCode: 413 }, 413, 'body_too_large'],
  [{ statusCode: 200 }, 500, 'internal_error'],
  ['thrown text', 500, 'internal_error'],
  [null, 500, 'internal_error'],
])('%s answers %i %s', (error, status, code) => {
  const answer = errorAnswer(error, 'r-1');
  expect(answer).toMatchObject({ status, body: { code, requestId: 'r-1' } });
  expect(errorBody.parse(answer.body)).toEqual(answer.body);
});

it('lets nothing of an unexpected error out, and says when to come back', () => {
  expect(JSON.stringify(errorAnswer(coded('42P01'), 'r-1'))).not.toContain('db-7');
  expect(errorAnswer(coded('ECONNREFUSED'), 'r-1').headers).toEqual({ 'Retry-After': '1' });
  expect(errorAnswer(new BusyError(2500, null), 'r-1').headers).toEqual({ 'Retry-After': '3' });
});
