import { Body, Controller, HttpCode, Inject, Post, Put } from '@nestjs/common';
import { type Applied, type ApplyRequest, applyRequest, type DryRun } from '@tidegate/management-api';

import type { Caller } from '../http/access.ts';
import { bodyOf, type RawBody, rawBody } from '../http/body.ts';
import { CalledBy } from '../http/caller.ts';
import { ApplyService } from './apply.service.ts';
import { Documents } from './documents.ts';
import { PreviewService } from './preview.service.ts';

/** What is about documents rather than about one API: `::` is the router's way to write a colon. */
@Controller(['', 'api/management/v1'])
export class RestApiSetsController {
  readonly #previews: PreviewService;
  readonly #sets: ApplyService;

  readonly #documents: Documents;

  constructor(
    @Inject(PreviewService) previews: PreviewService,
    @Inject(ApplyService) sets: ApplyService,
    @Inject(Documents) documents: Documents,
  ) {
    this.#documents = documents;
    this.#previews = previews;
    this.#sets = sets;
  }

  @Post('rest-apis::dry-run')
  @HttpCode(200)
  async dryRun(@Body(rawBody) body: RawBody): Promise<DryRun> {
    return this.#previews.preview(await this.#documents.read(body));
  }

  @Put('rest-apis::apply')
  apply(@Body(bodyOf(applyRequest)) request: ApplyRequest, @CalledBy() caller: Caller): Promise<Applied> {
    return this.#sets.apply(request, caller.id);
  }
}
