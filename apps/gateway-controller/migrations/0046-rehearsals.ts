import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Migrations of environments are rehearsed: every route is asked on the destination before anything depends on it. */
export class Rehearsals0046 implements MigrationInterface {
  name = 'Rehearsals0046_1764072180000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE environment_migration
        -- prepares for a look only, and is a draft again afterwards
        ADD COLUMN rehearsing boolean NOT NULL DEFAULT false,
        -- what the routers of the destination said last: {at, routes, asked, problems: [{node, api, route, code}]}
        ADD COLUMN probe jsonb`);
    await runner.query(`CREATE INDEX node_command_migration ON node_command ((payload->>'migrationId')) WHERE kind = 'probe'`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations are forward only; restore a backup and run `tidegate db restored`');
  }
}
