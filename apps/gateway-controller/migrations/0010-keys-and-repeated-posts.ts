import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Keys that get another value under the uuid their owner knows, and POSTs that may be sent twice. */
export class KeysAndRepeatedPosts0010 implements MigrationInterface {
  name = 'KeysAndRepeatedPosts0010_1764028800000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('Migrations are forward only; restore a backup and run `tidegate db restored`');
  }
}

const STATEMENTS = [
  // `id` is what routers know a key by, and refuse for ever once they saw it removed; with a new value comes a new one.
  // `public_id` is what the key's owner goes on calling it; null = they are the same.
  `ALTER TABLE api_key ADD COLUMN public_id uuid`,
  `CREATE UNIQUE INDEX api_key_public_id ON api_key (public_id) WHERE public_id IS NOT NULL`,

  // What a POST with an Idempotency-Key was, and what it was answered. Rows live for a day.
  `CREATE TABLE idempotent_request (
     account_id uuid NOT NULL REFERENCES account,
     -- whose key it is: two users' keys never meet
     caller text NOT NULL,
     -- SHA-256 of the Idempotency-Key
     key_digest bytea NOT NULL CHECK (length(key_digest) = 32),
     -- SHA-256 over method, path, query and body
     request_digest bytea NOT NULL CHECK (length(request_digest) = 32),
     -- null while the first request is under way
     status smallint,
     -- sealed under the Idempotency-Key, which is not stored: an answer may hold an API key
     answer bytea,
     created_at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (account_id, caller, key_digest)
   )`,
  `CREATE INDEX idempotent_request_created ON idempotent_request (created_at)`,
];
