import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which state of a key a write is meant for. */
export class KeyGenerations0016 implements MigrationInterface {
  name = 'KeyGenerations0016_1764115380000';

  async up(runner: QueryRunner): Promise<void> {
    // +1 with every value it gets, and when it is released; the ETag
    await runner.query(`ALTER TABLE api_key ADD COLUMN generation bigint NOT NULL DEFAULT 1`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations are forward only; restore a backup and run `tidegate db restored`');
  }
}
