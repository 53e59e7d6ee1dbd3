import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Where environments are served: on one gateway, and on a second one while a migration overlaps. */
export class EnvironmentPlaces0041 implements MigrationInterface {
  name = 'EnvironmentPlaces0041_1764028860000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('Migrations are forward only; restore a backup and run `tidegate db restored`');
  }
}

const STATEMENTS = [
  // +1 per accepted change of what a user may set: the ETag
  `ALTER TABLE environment ADD COLUMN row_version bigint NOT NULL DEFAULT 1`,

  `CREATE TABLE environment_migration (
     id uuid PRIMARY KEY,
     account_id uuid NOT NULL REFERENCES account,
     environment_id uuid NOT NULL REFERENCES environment ON DELETE CASCADE,
     state text NOT NULL DEFAULT 'draft'
       CHECK (state IN ('draft', 'preparing', 'overlap', 'draining', 'completed', 'failed', 'rolled_back', 'cancelled')),
     -- as it was when the migration was started
     from_gateway_id uuid REFERENCES gateway,
     from_path text NOT NULL DEFAULT '',
     -- where to; null with off = true means off its gateway, null without it that nobody has chosen yet
     to_gateway_id uuid REFERENCES gateway,
     to_off boolean NOT NULL DEFAULT false,
     to_path text NOT NULL DEFAULT '',
     steps_done integer NOT NULL DEFAULT 0 CHECK (steps_done BETWEEN 0 AND 3),
     acknowledged jsonb NOT NULL DEFAULT '[]',
     overlap_seconds integer NOT NULL DEFAULT 300,
     drain_seconds integer NOT NULL DEFAULT 5,
     -- the version at which the destination was told to serve it
     prepared_version bigint,
     state_since timestamptz NOT NULL DEFAULT now(),
     failure text,
     row_version bigint NOT NULL DEFAULT 1,
     created_by text NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_by text NOT NULL,
     updated_at timestamptz NOT NULL DEFAULT now()
   )`,
  `CREATE UNIQUE INDEX environment_migration_open ON environment_migration (environment_id)
     WHERE state IN ('draft', 'preparing', 'overlap', 'draining')`,

  // The other gateway that serves the environment while a migration has it on two.
  `CREATE TABLE environment_second_place (
     environment_id uuid PRIMARY KEY REFERENCES environment ON DELETE CASCADE,
     gateway_id uuid NOT NULL REFERENCES gateway,
     base_path text NOT NULL
   )`,
  // Whoever asks where an environment is served asks here; an environment on no gateway has one row without one.
  `CREATE VIEW environment_place AS
     SELECT id AS environment_id, gateway_id, base_path FROM environment
     UNION ALL SELECT environment_id, gateway_id, base_path FROM environment_second_place`,
];
