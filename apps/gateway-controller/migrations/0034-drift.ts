import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whether APIM's copy is still what was pushed, and what somebody changed about it there. */
export class Drift0034 implements MigrationInterface {
  name = 'Drift0034_1764072000002';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('Migrations are forward only; restore a backup and run `tidegate db restored`');
  }
}

const STATEMENTS = [
  `ALTER TABLE apim_link
     -- the next push overwrites what somebody changed in APIM, though our mark is on it
     ADD COLUMN force boolean NOT NULL DEFAULT false,
     -- what was pushed last, by path: the base of a three-way comparison
     ADD COLUMN pushed_content jsonb,
     ADD COLUMN drift text NOT NULL DEFAULT 'unknown' CHECK (drift IN ('in_sync', 'out_of_sync', 'unknown')),
     ADD COLUMN drift_message text,
     -- [{path, base, ours, theirs}]
     ADD COLUMN drift_diff jsonb NOT NULL DEFAULT '[]',
     -- of APIM's copy when it was last found to be in sync: while it is the same, nothing is compared
     ADD COLUMN drift_fingerprint text,
     ADD COLUMN drift_checked_at timestamptz,
     ADD COLUMN drift_check_at timestamptz`,
  `UPDATE apim_link SET drift_check_at = now() WHERE phase = 'synced'`,
  `CREATE INDEX apim_link_drift ON apim_link (drift_check_at) WHERE drift_check_at IS NOT NULL`,
];
