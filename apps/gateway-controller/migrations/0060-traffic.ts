import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What routers answered, in short slots of time: figures for people to look at, kept for hours; Prometheus keeps the rest. */
export class Traffic0060 implements MigrationInterface {
  name = 'Traffic0060_1764028920000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('Migrations are forward only; restore a backup and run `tidegate db restored`');
  }
}

/** As discovery.proto orders them: by class of status, and by latency. */
const COUNTS = [...columns('class', 6), ...columns('latency', 13)].join(', ');

const STATEMENTS = [
  // A row without requests says that there were none; no row says that nothing is known.
  `CREATE TABLE node_traffic (
     slot timestamptz NOT NULL,
     gateway_id uuid NOT NULL,
     node_id text NOT NULL,
     -- how much of the slot the reports are about
     covered_ms integer NOT NULL,
     ${COUNTS},
     PRIMARY KEY (slot, gateway_id, node_id)
   )`,
  `CREATE TABLE api_traffic (
     slot timestamptz NOT NULL,
     gateway_id uuid NOT NULL,
     -- handle; '' = no route
     api text NOT NULL,
     ${COUNTS},
     PRIMARY KEY (slot, gateway_id, api)
   )`,
];

function columns(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, at) => `${name}_${at} bigint NOT NULL`);
}
