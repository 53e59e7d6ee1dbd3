import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the status of gateways and nodes is derived from, beside what the nodes themselves report. */
export class Fleet0040 implements MigrationInterface {
  name = 'Fleet0040_1764028800000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('Migrations are forward only; restore a backup and run `tidegate db restored`');
  }
}

const STATEMENTS = [
  `ALTER TABLE gateway
     ADD COLUMN bind_address text,
     ADD COLUMN host_name text,
     ADD COLUMN health_check_path text,
     ADD COLUMN expected_min_nodes integer NOT NULL DEFAULT 1,
     -- 0 = not set: a restart waits for what is in flight and never forces
     ADD COLUMN force_restart_minutes integer NOT NULL DEFAULT 0,
     -- +1 per accepted change of what a user may set: the ETag
     ADD COLUMN row_version bigint NOT NULL DEFAULT 1,
     ADD COLUMN deleted_by text`,

  // When this boot was first heard of, by PostgreSQL's clock: a node's own clock may be wrong
  `ALTER TABLE node ADD COLUMN boot_seen_at timestamptz`,
  `UPDATE node SET boot_seen_at = coalesce(booted_at, created_at)`,

  // One row: since when controllers have been listening without a gap. While none listened, silence proves nothing.
  `CREATE TABLE fleet_presence (
     singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
     serving_since timestamptz NOT NULL,
     last_alive_at timestamptz NOT NULL
   )`,

  // Something that is done to a gateway node by node; one open per gateway.
  `CREATE TABLE gateway_operation (
     id uuid PRIMARY KEY,
     gateway_id uuid NOT NULL REFERENCES gateway,
     kind text NOT NULL CHECK (kind IN ('restart')),
     state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'succeeded', 'failed', 'cancelled')),
     reason text,
     requested_by text NOT NULL,
     started_at timestamptz NOT NULL DEFAULT now(),
     ended_at timestamptz
   )`,
  `CREATE UNIQUE INDEX gateway_operation_open ON gateway_operation (gateway_id) WHERE state = 'open'`,
  `CREATE TABLE gateway_operation_node (
     operation_id uuid NOT NULL REFERENCES gateway_operation ON DELETE CASCADE,
     node_id text NOT NULL,
     position integer NOT NULL,
     boot_id text,
     -- when the command was handed to the node's stream; null = its turn has not come
     commanded_at timestamptz,
     PRIMARY KEY (operation_id, node_id)
   )`,
];
