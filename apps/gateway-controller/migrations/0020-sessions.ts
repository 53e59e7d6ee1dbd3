import type { MigrationInterface, QueryRunner } from 'typeorm';

/** People signed in to the console. Of the cookie only a digest is kept: a stolen table opens nothing. */
export class Sessions0020 implements MigrationInterface {
  name = 'Sessions0020_1764000020000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('Migrations are forward only; restore a backup and run `tidegate db restored`');
  }
}

const STATEMENTS = [
  `CREATE TABLE session (
     digest bytea PRIMARY KEY,
     account_id uuid NOT NULL REFERENCES account,
     user_name text NOT NULL,
     -- over the cookie and the user's configured password: another password ends the session, and says nothing about either
     credential_mark bytea NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now(),
     last_seen_at timestamptz NOT NULL DEFAULT now(),
     expires_at timestamptz NOT NULL
   )`,
  `CREATE INDEX session_user_name ON session (user_name, created_at DESC)`,
  `CREATE INDEX session_expiry ON session (expires_at)`,
];
