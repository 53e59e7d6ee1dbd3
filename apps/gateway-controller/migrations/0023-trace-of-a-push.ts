import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The trace of the write that a push to APIM goes back to (W3C traceparent). */
export class TraceOfAPush0023 implements MigrationInterface {
  name = 'TraceOfAPush0023_1764084000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE apim_link ADD COLUMN trace_parent text`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations are forward only; restore a backup and run `tidegate db restored`');
  }
}
