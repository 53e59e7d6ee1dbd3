import { randomUUID } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';
import { EntryKind } from '@tidegate/gateway-ir';
import type { CertificateListQuery, CertificateRequest } from '@tidegate/management-api';
import { DataSource } from 'typeorm';

import { GatewayWriter, type Written } from '../change-log/gateway-writer.ts';
import { writeReaching } from '../change-log/write-reaching.ts';
import type { Db } from '../environments/deployment-targets.ts';
import { type ApiError, badRequest, conflict, notFound } from '../http/api-error.ts';
import { UNIQUE_VIOLATION } from '../rest-apis/conflicts.ts';
import {
  certificateIds,
  type CertificateRow,
  type CertificateTotals,
  certificateTotals,
  deleteCertificate,
  findCertificate,
  insertCertificate,
  listCertificates,
  lockCertificates,
} from './certificates.repository.ts';
import { readPem } from './read-pem.ts';

/** All of them travel to every router and are read again at each change (invariant 9). */
const COUNT_MAX = 500;
const BYTES_MAX = 8 * 1024 * 1024;

/** Whom routers trust to sign upstreams, beside those they trust anyway. Every gateway has all of them. */
@Injectable()
export class CertificatesService {
  readonly #db: Db;
  readonly #writer: GatewayWriter;

  constructor(@Inject(DataSource) dataSource: DataSource, @Inject(GatewayWriter) writer: GatewayWriter) {
    this.#db = dataSource.manager;
    this.#writer = writer;
  }

  async list({ search, limit, offset }: CertificateListQuery) {
    const found = await listCertificates(this.#db, { search, limit, offset });
    return { ...found, limit, offset, totals: await certificateTotals(this.#db) };
  }

  /** @throws ApiError 404 */
  async one(id: string): Promise<CertificateRow> {
    const found = await findCertificate(this.#db, id);
    if (found === null) throw unknownCertificate(id);
    return found;
  }

  /** @throws ApiError 400 for what is no bundle of certificates, 409 for a taken name or when there are too many */
  async upload({ name, certificate }: CertificateRequest, createdBy: string): Promise<Written<CertificateRow>> {
    const now = new Date();
    const read = readPem(certificate, now);
    if (!read.ok)
      throw badRequest('invalid_certificate', read.message, [
        { field: 'certificate', code: 'invalid_certificate', message: read.message },
      ]);
    const { pem, certificates } = read.bundle;
    const [{ subject, issuer }] = certificates;
    const validity = {
      notBefore: new Date(Math.max(...certificates.map(({ notBefore }) => notBefore.getTime()))),
      notAfter: new Date(Math.min(...certificates.map(({ notAfter }) => notAfter.getTime()))),
    };
    const made = { id: randomUUID(), name, pem, createdBy, createdAt: now };
    const row = { ...made, subject, issuer, ...validity, count: certificates.length };
    try {
      return await this.#write(async (tx) => {
        const totals = await certificateTotals(tx);
        if (totals.count >= COUNT_MAX || totals.bytes + pem.length > BYTES_MAX) throw tooMuch(totals);
        await insertCertificate(tx, row);
        return { result: row, changed: [row.id] };
      });
    } catch (error) {
      throw nameTaken(error, name) ?? error;
    }
  }

  /** @throws ApiError 404 */
  async remove(id: string): Promise<Written<string>> {
    const { id: certificateId } = await this.one(id);
    return this.#write(async (tx) => {
      if (!(await deleteCertificate(tx, certificateId))) throw unknownCertificate(id);
      return { result: certificateId, changed: [certificateId] };
    });
  }

  /** Says everything anew; nothing changes where everything had arrived. */
  async reload(): Promise<Written<CertificateTotals>> {
    return this.#write(async (tx) => ({ result: await certificateTotals(tx), changed: await certificateIds(tx) }));
  }

  async #write<T>(work: (tx: Db) => Promise<{ result: T; changed: readonly string[] }>): Promise<Written<T>> {
    return writeReaching({ db: this.#db, writer: this.#writer }, everyGateway, async (tx, reached) => {
      await lockCertificates(tx);
      const gatewayIds = await reached();
      const { result, changed } = await work(tx);
      const entries = changed.map((entryId) => ({ kind: EntryKind.CERTIFICATE, entryId, removed: false }));
      return { result, changes: gatewayIds.flatMap((gatewayId) => entries.map((entry) => ({ gatewayId, ...entry }))) };
    });
  }
}

async function everyGateway(db: Db): Promise<string[]> {
  const rows = await db.query<{ id: string }[]>(`SELECT id FROM gateway WHERE deleted_at IS NULL`);
  return rows.map(({ id }) => id);
}

function unknownCertificate(id: string): ApiError {
  return notFound(`Certificate not found or failed to delete: there is no certificate ${id}`);
}

function nameTaken(error: unknown, name: string): ApiError | null {
  const { code, constraint } = (error ?? {}) as { code?: unknown; constraint?: unknown };
  if (code !== UNIQUE_VIOLATION || constraint !== 'certificate_name') return null;
  const message = `A certificate with the name '${name}' exists already`;
  return conflict('duplicate_certificate_name', message, [{ field: 'name', code: 'duplicate', message }]);
}

function tooMuch({ count, bytes }: CertificateTotals): ApiError {
  return conflict(
    'too_many_certificates',
    `There are ${count} bundles of ${bytes} bytes; at most ${COUNT_MAX} of ${BYTES_MAX} bytes in all are kept`,
  );
}
