import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is owed to the outside world, and since when an API or the control plane is in trouble, so that trouble is told once. */
export class Webhooks0032 implements MigrationInterface {
  name = 'Webhooks0032_1764072000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('Migrations are forward only; restore a backup and run `tidegate db restored`');
  }
}

const STATEMENTS = [
  `CREATE TABLE webhook_delivery (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     -- "<source>:<name>"; URL and secret are looked up when it is sent
     destination text NOT NULL,
     event_type text NOT NULL,
     data jsonb NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now(),
     state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'dropped')),
     attempts integer NOT NULL DEFAULT 0,
     next_attempt_at timestamptz NOT NULL DEFAULT now(),
     last_error text,
     settled_at timestamptz
   )`,
  `CREATE INDEX webhook_delivery_due ON webhook_delivery (destination, id) WHERE state = 'pending'`,
  `CREATE INDEX webhook_delivery_settled ON webhook_delivery (settled_at) WHERE state <> 'pending'`,

  // null = it is well, or nobody was told otherwise
  `ALTER TABLE apim_link ADD COLUMN failing_since timestamptz`,
  `ALTER TABLE apim_target
     ADD COLUMN blocked_since timestamptz,
     ADD COLUMN down_since timestamptz,
     ADD COLUMN down_told boolean NOT NULL DEFAULT false`,
];
