import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { type OpenApiImport, type OpenApiImportQuery, openApiImportQuery } from '@tidegate/management-api';
import { exportOpenApi, importOpenApi } from '@tidegate/rest-api';
import { DataSource } from 'typeorm';
import { z } from 'zod';

import { bodyOf } from '../http/body.ts';
import { queryOf } from '../http/query.ts';
import { bodyOfDocument, Documents } from './documents.ts';
import { findApi } from './rest-apis.repository.ts';
import { unknownApi } from './rest-apis.service.ts';

/** Between documents and OpenAPI descriptions. */
@Controller(['', 'api/management/v1'])
export class OpenApiController {
  readonly #dataSource: DataSource;

  readonly #documents: Documents;

  constructor(@Inject(DataSource) dataSource: DataSource, @Inject(Documents) documents: Documents) {
    this.#documents = documents;
    this.#dataSource = dataSource;
  }

  /** What cannot be served is refused as the document would be. */
  @Post('rest-apis::from-openapi')
  @HttpCode(200)
  async import(
    @Body(bodyOf(z.record(z.string(), z.unknown()))) description: Record<string, unknown>,
    @Query(queryOf(openApiImportQuery)) query: OpenApiImportQuery,
  ): Promise<OpenApiImport> {
    const { document, losses } = importOpenApi(description, query);
    return { status: 'success', document: await this.#documents.read(bodyOfDocument(document)), losses: [...losses] };
  }

  @Get('rest-apis/:id/openapi')
  async export(@Param('id') id: string): Promise<Record<string, unknown>> {
    const api = await findApi(this.#dataSource.manager, id);
    if (api === null) throw unknownApi(id);
    return exportOpenApi(api.document);
  }
}
