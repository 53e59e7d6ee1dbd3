import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a control plane sends down: every event before it is handled, and what was deployed from there. */
export class ControlPlaneInbox0031 implements MigrationInterface {
  name = 'ControlPlaneInbox0031_1764070000001';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('Migrations are forward only; restore a backup and run `tidegate db restored`');
  }
}

const STATEMENTS = [
  `CREATE TABLE cp_inbox (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     event_type text NOT NULL,
     -- the control plane's id of the API it is about: events of one API are handled one after the other
     subject text NOT NULL,
     payload jsonb NOT NULL,
     -- the same for every delivery of one event
     dedupe_key text NOT NULL UNIQUE,
     correlation_id text NOT NULL DEFAULT '',
     user_id text NOT NULL DEFAULT '',
     -- when the control plane did it; events are handled in this order
     performed_at timestamptz NOT NULL,
     received_at timestamptz NOT NULL DEFAULT now(),
     state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'done', 'failed', 'ignored')),
     message text,
     settled_at timestamptz,
     attempts integer NOT NULL DEFAULT 0,
     next_attempt_at timestamptz NOT NULL DEFAULT now(),
     lease_owner text,
     lease_until timestamptz,
     fencing_token bigint NOT NULL DEFAULT 0,
     -- the ack as it goes on the wire; null = this event has none
     ack jsonb,
     -- +1 whenever it is owed (again); owed while sent < owed
     ack_owed bigint NOT NULL DEFAULT 0,
     ack_sent bigint NOT NULL DEFAULT 0,
     ack_sent_at timestamptz
   )`,
  `CREATE INDEX cp_inbox_due ON cp_inbox (subject, performed_at, id) WHERE state = 'pending'`,
  `CREATE INDEX cp_inbox_acks ON cp_inbox (id) WHERE ack_sent < ack_owed`,
  `CREATE INDEX cp_inbox_settled ON cp_inbox (settled_at) WHERE state <> 'pending'`,

  // APIs of origin control_plane, by the id they have there.
  `CREATE TABLE cp_api (
     api_id uuid PRIMARY KEY REFERENCES api ON DELETE CASCADE,
     remote_id text NOT NULL UNIQUE,
     deployment_id text NOT NULL,
     -- of the deploy or undeploy that was applied last: an older one is stale
     performed_at timestamptz NOT NULL
   )`,
];
