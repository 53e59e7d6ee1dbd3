import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What routers are told beside their table: settings, commands, and what came of them. */
export class FleetOrders0043 implements MigrationInterface {
  name = 'FleetOrders0043_1764072000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('Migrations are forward only; restore a backup and run `tidegate db restored`');
  }
}

const STATEMENTS = [
  // Editable properties of its routers by name, as text; what is absent is as each router's own configuration says
  `ALTER TABLE gateway
     ADD COLUMN settings jsonb NOT NULL DEFAULT '{}',
     -- +1 per accepted change of them: the ETag, and what nodes report back
     ADD COLUMN settings_revision bigint NOT NULL DEFAULT 1`,

  `ALTER TABLE node
     ADD COLUMN settings_revision bigint NOT NULL DEFAULT 0,
     ADD COLUMN effective_settings jsonb NOT NULL DEFAULT '{}',
     -- names that only its next start brings into effect, and names it does not take
     ADD COLUMN settings_waiting jsonb NOT NULL DEFAULT '[]',
     ADD COLUMN settings_refused jsonb NOT NULL DEFAULT '[]',
     -- what it says is wrong with itself; replaced by each heartbeat
     ADD COLUMN issues jsonb NOT NULL DEFAULT '[]',
     -- its clock against the controller's
     ADD COLUMN clock_skew_ms double precision`,

  // One order to one node. Sent again to the same process when its stream broke before the result; never to another process.
  `CREATE TABLE node_command (
     id uuid PRIMARY KEY,
     gateway_id uuid NOT NULL REFERENCES gateway,
     node_id text NOT NULL,
     operation_id uuid REFERENCES gateway_operation ON DELETE CASCADE,
     kind text NOT NULL,
     payload jsonb NOT NULL DEFAULT '{}',
     created_at timestamptz NOT NULL DEFAULT now(),
     sent_at timestamptz,
     -- to which process, over which of its streams
     boot_id text,
     stream_epoch bigint,
     done_at timestamptz,
     ok boolean,
     message text
   )`,
  `CREATE INDEX node_command_open ON node_command (gateway_id, node_id) WHERE done_at IS NULL`,

  `ALTER TABLE gateway_operation DROP CONSTRAINT gateway_operation_kind_check`,
  `ALTER TABLE gateway_operation
     ADD CONSTRAINT gateway_operation_kind_check CHECK (kind IN ('restart', 'update', 'rollback')),
     ADD COLUMN strategy text NOT NULL DEFAULT 'rolling',
     -- how many nodes at once, in percent of them; 0 = one after the other
     ADD COLUMN percentage integer NOT NULL DEFAULT 0,
     ADD COLUMN force_after_ms bigint NOT NULL DEFAULT 0,
     -- update and rollback: the runtime that the nodes shall run
     ADD COLUMN runtime_version text,
     ADD COLUMN failure text`,

  `CREATE TABLE log_request (
     id uuid PRIMARY KEY,
     gateway_id uuid NOT NULL REFERENCES gateway,
     log_date text NOT NULL,
     requested_by text NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now()
   )`,
  `CREATE TABLE log_part (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     request_id uuid NOT NULL REFERENCES log_request ON DELETE CASCADE,
     node_id text NOT NULL,
     name text NOT NULL,
     data bytea NOT NULL
   )`,
  `CREATE INDEX log_part_request ON log_part (request_id, node_id, id)`,
];
