import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Removals that a listing of the control plane would mean, if it were believed. */
export class HeldRemovals0033 implements MigrationInterface {
  name = 'HeldRemovals0033_1764072000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE cp_held (
         -- of the latest listing of each kind; a row without events is none
         listing text PRIMARY KEY CHECK (listing IN ('deployments', 'keys')),
         -- as they go into the inbox when somebody confirms them
         events jsonb NOT NULL,
         held_at timestamptz NOT NULL DEFAULT now()
       )`,
    );
  }

  async down(): Promise<void> {
    throw new Error('Migrations are forward only; restore a backup and run `tidegate db restored`');
  }
}
