import { Inject, Injectable } from '@nestjs/common';
import { policyDefinitions } from '@tidegate/policies/definitions';
import { parseBody, parseRestApi, renderDocument, type RestApiDocument } from '@tidegate/rest-api';
import { compilerCheck } from '@tidegate/route-compiler';
import { DataSource } from 'typeorm';

import type { Db } from '../environments/deployment-targets.ts';
import { badRequest } from '../http/api-error.ts';
import type { RawBody } from '../http/body.ts';
import { TemplateSource } from '../sealing/template-source.ts';

/** Policies and templates speak in the same answer as the document's own faults. */
const checkPolicies = compilerCheck(policyDefinitions);

/** Documents as they are sent: checked with the values their templates have now, kept as they came. */
@Injectable()
export class Documents {
  readonly #db: Db;
  readonly #templates: TemplateSource;

  constructor(@Inject(DataSource) dataSource: DataSource, @Inject(TemplateSource) templates: TemplateSource) {
    this.#db = dataSource.manager;
    this.#templates = templates;
  }

  /** @throws ApiError 400: [T] message and every diagnostic. WSO2 writes the first letter of a PUT's parse error as a capital. */
  async read({ text, contentType }: RawBody, { capital = false } = {}): Promise<RestApiDocument> {
    const body = text.includes('{{') ? parseBody(text, contentType) : null;
    const { values } = await this.#templates.read(this.#db, body?.ok === true ? [body.value] : []);
    const parsed = parseRestApi(text, contentType, checkPolicies, (document) => renderDocument(document, values));
    if (parsed.ok) return parsed.value;
    if (parsed.stage === 'syntax')
      throw badRequest('malformed_body', capital ? parsed.message.replace(/^f/, 'F') : parsed.message);
    throw badRequest(
      'validation_failed',
      parsed.message,
      parsed.diagnostics.map(({ path, code, message }) => ({ field: path, code, message })),
    );
  }
}

/** A document that is a value already, checked as if it had been sent. */
export function bodyOfDocument(document: unknown): RawBody {
  return { text: JSON.stringify(document), contentType: 'application/json' };
}
