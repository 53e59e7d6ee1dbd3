import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What lists filter, search and sort by, kept by PostgreSQL beside the document it comes from. */
export class ListsOfApis0011 implements MigrationInterface {
  name = 'ListsOfApis0011_1764029100000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('Migrations are forward only; restore a backup and run `tidegate db restored`');
  }
}

const STATEMENTS = [
  `ALTER TABLE api
     ADD COLUMN context text GENERATED ALWAYS AS (replace(document #>> '{spec,context}', '$version', version)) STORED,
     ADD COLUMN labels jsonb GENERATED ALWAYS AS (coalesce((document #>> '{metadata,labels}')::jsonb, '{}')) STORED`,
  `CREATE INDEX api_context ON api (account_id, context)`,
  `CREATE INDEX api_labels ON api USING gin (labels jsonb_path_ops)`,
  `CREATE INDEX api_updated ON api (account_id, updated_at DESC, id)`,
];
