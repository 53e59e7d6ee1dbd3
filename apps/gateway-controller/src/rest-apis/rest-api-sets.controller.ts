import { Body, Controller, HttpCode, Inject, Post, Put } from '@nestjs/common';
import { type Applied, type ApplyRequest, applyRequest, type DryRun } from '@tidegate/management-api';

import type { Caller } from '../http/access.ts';
import { bodyOf, type RawBody, rawBody } from '../http/body.ts';
import { CalledBy } from '../http/caller.ts';
import { ApplyService } from './apply.service.ts';
import { documentOf } from './document-of.ts';
import { PreviewService } from './preview.service.ts';

/** What is about documents rather than about one API: `::` is the router's way to write a colon. */
@Controller(['', 'api/management/v1'])
export class RestApiSetsController {
  readonly #previews: PreviewService;
  readonly #sets: ApplyService;

  constructor(@Inject(PreviewService) previews: PreviewService, @Inject(ApplyService) sets: ApplyService) {
    this.#previews = previews;
    this.#sets = sets;
  }

  @Post('rest-apis::dry-run')
  @HttpCode(200)
  dryRun(@Body(rawBody) body: RawBody): Promise<DryRun> {
    return this.#previews.preview(documentOf(body));
  }

  @Put('rest-apis::apply')
  apply(@Body(bodyOf(applyRequest)) request: ApplyRequest, @CalledBy() caller: Caller): Promise<Applied> {
    return this.#sets.apply(request, caller.id);
  }
}
