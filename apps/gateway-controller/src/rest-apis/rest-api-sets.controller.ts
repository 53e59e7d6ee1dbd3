import { Body, Controller, HttpCode, Inject, Post, Put } from '@nestjs/common';
import { type Applied, type ApplyRequest, applyRequest, type DryRun } from '@tidegate/management-api';

import type { Caller } from '../http/access.ts';
import { bodyOf, type RawBody, rawBody } from '../http/body.ts';
import { CalledBy } from '../http/caller.ts';
import { type Wait, WaitFor } from '../http/wait.ts';
import { ApplyService } from './apply.service.ts';
import { Documents } from './documents.ts';
import { PreviewService } from './preview.service.ts';
import { Receipts } from './receipts.ts';

/** What is about documents rather than about one API: `::` is the router's way to write a colon. */
@Controller(['', 'api/management/v1'])
export class RestApiSetsController {
  readonly #previews: PreviewService;
  readonly #sets: ApplyService;

  readonly #documents: Documents;
  readonly #receipts: Receipts;

  constructor(
    @Inject(PreviewService) previews: PreviewService,
    @Inject(ApplyService) sets: ApplyService,
    @Inject(Documents) documents: Documents,
    @Inject(Receipts) receipts: Receipts,
  ) {
    this.#documents = documents;
    this.#receipts = receipts;
    this.#previews = previews;
    this.#sets = sets;
  }

  @Post('rest-apis::dry-run')
  @HttpCode(200)
  async dryRun(@Body(rawBody) body: RawBody): Promise<DryRun> {
    return this.#previews.preview(await this.#documents.read(body));
  }

  @Put('rest-apis::apply')
  async apply(
    @Body(bodyOf(applyRequest)) request: ApplyRequest,
    @CalledBy() caller: Caller,
    @WaitFor() wait: Wait | null,
  ): Promise<Applied> {
    const { applied, reach } = await this.#sets.apply(request, caller.id);
    if (applied.changed === 0 || applied.dryRun) return applied;
    const [propagation] = await Promise.all([
      this.#receipts.programmed(reach, wait),
      ...[...reach.apiIds].map((id) => this.#receipts.synced(id, wait)),
    ]);
    return { ...applied, ...(propagation === null ? {} : { propagation }) };
  }
}
