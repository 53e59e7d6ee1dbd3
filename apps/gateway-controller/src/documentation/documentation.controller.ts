import { Controller, Get, Header } from '@nestjs/common';
import { type OpenApiDocument, openApiDocument } from '@tidegate/management-api';

import { DOCS_POLICY, renderDocs } from './render-docs.ts';

/** The contract's version: it grows, and nothing in it changes its meaning. */
const VERSION = '1.0.0';

/** Says nothing about this installation, so it is open to anyone. */
@Controller(['', 'api/management/v1'])
export class DocumentationController {
  #document: OpenApiDocument | undefined;
  #page: string | undefined;

  @Get('openapi.json')
  openApi(): OpenApiDocument {
    return (this.#document ??= openApiDocument(VERSION));
  }

  @Get('docs')
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', DOCS_POLICY)
  docs(): string {
    return (this.#page ??= renderDocs(this.openApi()));
  }
}
