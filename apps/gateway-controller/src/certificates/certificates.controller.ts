import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Query, Res } from '@nestjs/common';
import {
  type CertificateDeleted,
  type CertificateDetails,
  type CertificateList,
  type CertificateListQuery,
  certificateListQuery,
  type CertificateRequest,
  certificateRequest,
  type CertificatesReloaded,
  type CertificateUploaded,
} from '@tidegate/management-api';
import type { FastifyReply } from 'fastify';

import type { Caller } from '../http/access.ts';
import { bodyOf, noBody } from '../http/body.ts';
import { CalledBy } from '../http/caller.ts';
import { queryOf } from '../http/query.ts';
import { type Wait, WaitFor } from '../http/wait.ts';
import { Receipts } from '../rest-apis/receipts.ts';
import { certificateAnswer, certificateDetailsAnswer } from './certificate-answer.ts';
import { CertificatesService } from './certificates.service.ts';

@Controller(['certificates', 'api/management/v1/certificates'])
export class CertificatesController {
  readonly #certificates: CertificatesService;
  readonly #receipts: Receipts;

  constructor(@Inject(CertificatesService) certificates: CertificatesService, @Inject(Receipts) receipts: Receipts) {
    this.#certificates = certificates;
    this.#receipts = receipts;
  }

  @Get()
  async list(@Query(queryOf(certificateListQuery)) query: CertificateListQuery): Promise<CertificateList> {
    const { certificates: rows, total, limit, offset, totals } = await this.#certificates.list(query);
    const now = new Date();
    const certificates = rows.map((row) => certificateAnswer(row, now));
    const counted = { count: rows.length, total, limit, offset, totalCount: totals.count, totalBytes: totals.bytes };
    return { status: 'success', ...counted, certificates };
  }

  @Post()
  async upload(
    @Body(bodyOf(certificateRequest)) request: CertificateRequest,
    @CalledBy() caller: Caller,
    @WaitFor() wait: Wait | null,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CertificateUploaded> {
    const written = await this.#certificates.upload(request, caller.id);
    reply.header('Location', `${reply.request.routeOptions.url}/${written.result.id}`);
    const propagation = await this.#receipts.programmed(written, wait);
    return {
      ...certificateAnswer(written.result, new Date()),
      message: 'Certificate uploaded and SDS updated successfully',
      ...(propagation === null ? {} : { propagation }),
    };
  }

  @Post('reload')
  @HttpCode(200)
  async reload(@Body(noBody) _: object, @WaitFor() wait: Wait | null): Promise<CertificatesReloaded> {
    const written = await this.#certificates.reload();
    const propagation = await this.#receipts.programmed(written, wait);
    return {
      status: 'success',
      message: 'Certificates reloaded and SDS updated successfully',
      totalBytes: written.result.bytes,
      ...(propagation === null ? {} : { propagation }),
    };
  }

  @Get(':id')
  async one(@Param('id') id: string): Promise<CertificateDetails> {
    return certificateDetailsAnswer(await this.#certificates.one(id), new Date());
  }

  @Delete(':id')
  @HttpCode(200)
  async remove(@Param('id') id: string, @WaitFor() wait: Wait | null): Promise<CertificateDeleted> {
    const written = await this.#certificates.remove(id);
    const propagation = await this.#receipts.programmed(written, wait);
    return {
      status: 'success',
      message: 'Certificate deleted and SDS updated successfully',
      id: written.result,
      ...(propagation === null ? {} : { propagation }),
    };
  }
}
