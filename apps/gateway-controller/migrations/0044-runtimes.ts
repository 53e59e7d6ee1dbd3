import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Releases of the router's runtime, and which one each gateway shall run. */
export class Runtimes0044 implements MigrationInterface {
  name = 'Runtimes0044_1764072060000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('Migrations are forward only; restore a backup and run `tidegate db restored`');
  }
}

const STATEMENTS = [
  `CREATE TABLE runtime_release (
     version text PRIMARY KEY,
     channel text NOT NULL DEFAULT 'stable' CHECK (channel IN ('stable', 'early')),
     -- as signed; the bundle travels gzipped
     manifest bytea NOT NULL,
     signature bytea NOT NULL,
     bundle bytea NOT NULL,
     notes text NOT NULL DEFAULT '',
     -- false: its nodes do not get along with those of the release before
     rolling_compatible boolean NOT NULL DEFAULT true,
     available_from timestamptz NOT NULL,
     -- from then on every gateway takes it by itself; null = never
     mandatory_from timestamptz,
     published_by text NOT NULL,
     published_at timestamptz NOT NULL DEFAULT now()
   )`,
  `ALTER TABLE gateway
     -- what its nodes shall run; null = each what its image has
     ADD COLUMN runtime_version text,
     -- what it ran before, to go back to; the version of the image if that was it
     ADD COLUMN runtime_previous text,
     ADD COLUMN runtime_updated_at timestamptz,
     -- a version that somebody went back from: not pending any more until it is mandatory
     ADD COLUMN runtime_left text`,
  `CREATE TABLE runtime_schedule (
     gateway_id uuid PRIMARY KEY REFERENCES gateway ON DELETE CASCADE,
     schedule_type text NOT NULL CHECK (schedule_type IN ('NEVER', 'FIRST', 'LAST')),
     -- 0 = Sunday
     day_of_week integer CHECK (day_of_week BETWEEN 0 AND 6),
     hour_of_day integer CHECK (hour_of_day BETWEEN 0 AND 23),
     time_zone text,
     row_version bigint NOT NULL DEFAULT 1,
     updated_by text NOT NULL,
     updated_at timestamptz NOT NULL DEFAULT now()
   )`,
  // A slot fires once for each release.
  `CREATE TABLE runtime_schedule_run (
     gateway_id uuid NOT NULL REFERENCES gateway ON DELETE CASCADE,
     version text NOT NULL,
     ran_at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (gateway_id, version)
   )`,
];
