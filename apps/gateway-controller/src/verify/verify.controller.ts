import { Controller, Get, Inject, Query } from '@nestjs/common';
import { type Verification, type VerifyQuery, verifyQuery } from '@tidegate/management-api';

import { queryOf } from '../http/query.ts';
import { VerifyService } from './verify.service.ts';

@Controller(['verify', 'api/management/v1/verify'])
export class VerifyController {
  readonly #verify: VerifyService;

  constructor(@Inject(VerifyService) verify: VerifyService) {
    this.#verify = verify;
  }

  @Get()
  verify(@Query(queryOf(verifyQuery)) { since }: VerifyQuery): Promise<Verification> {
    return this.#verify.verify(since ?? null);
  }
}
