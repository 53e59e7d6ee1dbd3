import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who is told what about gateways, and what was last seen of each, so that a change can be told. */
export class Notifications0045 implements MigrationInterface {
  name = 'Notifications0045_1764072120000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('Migrations are forward only; restore a backup and run `tidegate db restored`');
  }
}

const EVENT = (name: string, body: string) => `
  CREATE FUNCTION ${name}() RETURNS trigger AS $$
  BEGIN
    ${body}
    RETURN NULL;
  END $$ LANGUAGE plpgsql`;

const STATEMENTS = [
  // Not the status of a gateway (that is derived whenever it is asked for), but the one that was told last.
  `CREATE TABLE gateway_told (
     gateway_id uuid PRIMARY KEY REFERENCES gateway ON DELETE CASCADE,
     state text NOT NULL,
     -- by code and nodes: {severity, title, detail}
     issues jsonb NOT NULL DEFAULT '{}',
     told_at timestamptz NOT NULL DEFAULT now()
   )`,

  `CREATE TABLE gateway_event (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     gateway_id uuid NOT NULL REFERENCES gateway ON DELETE CASCADE,
     at timestamptz NOT NULL DEFAULT now(),
     level text NOT NULL CHECK (level IN ('INFO', 'WARNING', 'ERROR')),
     type text NOT NULL CHECK (type IN ('status', 'issue', 'operation')),
     title text NOT NULL,
     detail jsonb NOT NULL DEFAULT '{}'
   )`,
  `CREATE INDEX gateway_event_gateway ON gateway_event (gateway_id, id DESC)`,

  `CREATE TABLE notification_subscription (
     id uuid PRIMARY KEY,
     account_id uuid NOT NULL REFERENCES account,
     -- null = every gateway, those to come too
     gateway_id uuid REFERENCES gateway ON DELETE CASCADE,
     level text NOT NULL CHECK (level IN ('INFO', 'WARNING', 'ERROR')),
     event_type text NOT NULL CHECK (event_type IN ('all', 'status', 'issue', 'operation')),
     channel text NOT NULL CHECK (channel IN ('webhook', 'email')),
     target text NOT NULL,
     allow_private boolean NOT NULL DEFAULT false,
     row_version bigint NOT NULL DEFAULT 1,
     created_by text NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now()
   )`,

  // Letters owed, like webhook_delivery.
  `CREATE TABLE mail_delivery (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     subscription_id uuid NOT NULL REFERENCES notification_subscription ON DELETE CASCADE,
     subject text NOT NULL,
     body text NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now(),
     state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'dropped')),
     attempts integer NOT NULL DEFAULT 0,
     next_attempt_at timestamptz NOT NULL DEFAULT now(),
     last_error text
   )`,
  `CREATE INDEX mail_delivery_due ON mail_delivery (next_attempt_at) WHERE state = 'pending'`,

  // When another process that says it is this node was refused last
  `ALTER TABLE node ADD COLUMN duplicate_seen_at timestamptz`,

  // SHA-256 of the token that opens the Atom feed of this gateway to readers that cannot sign in; null = nobody has one
  `ALTER TABLE gateway ADD COLUMN feed_token_digest bytea`,

  EVENT(
    'tidegate_environment_event',
    `PERFORM tidegate_record_event('environment.changed', coalesce(NEW.id, OLD.id)::text, coalesce(NEW.name, OLD.name), NULL,
       jsonb_build_object('gatewayId', NEW.gateway_id, 'rowVersion', NEW.row_version, 'deleted', TG_OP = 'DELETE'));`,
  ),
  EVENT(
    'tidegate_migration_event',
    `PERFORM tidegate_record_event('migration.changed', coalesce(NEW.id, OLD.id)::text,
       coalesce((SELECT name FROM environment WHERE id = coalesce(NEW.environment_id, OLD.environment_id)), ''), NULL,
       jsonb_build_object('state', NEW.state, 'stepsDone', NEW.steps_done, 'rowVersion', NEW.row_version, 'deleted', TG_OP = 'DELETE'));`,
  ),
  EVENT(
    'tidegate_gateway_event',
    `PERFORM tidegate_record_event('gateway.changed', NEW.id::text, NEW.handle, NULL, jsonb_build_object(
       'rowVersion', NEW.row_version, 'settingsRevision', NEW.settings_revision, 'deleted', NEW.deleted_at IS NOT NULL));`,
  ),
  EVENT(
    'tidegate_operation_event',
    `PERFORM tidegate_record_event('operation.progress', NEW.id::text, NEW.kind, NULL,
       jsonb_build_object('gatewayId', NEW.gateway_id, 'state', NEW.state));`,
  ),
  EVENT(
    'tidegate_operation_node_event',
    `PERFORM tidegate_record_event('operation.progress', NEW.operation_id::text, NEW.node_id, NULL,
       jsonb_build_object('node', NEW.node_id, 'commanded', NEW.commanded_at IS NOT NULL));`,
  ),
  `CREATE CONSTRAINT TRIGGER environment_event AFTER INSERT OR UPDATE OR DELETE ON environment
     DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tidegate_environment_event()`,
  `CREATE CONSTRAINT TRIGGER migration_event AFTER INSERT OR UPDATE OR DELETE ON environment_migration
     DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tidegate_migration_event()`,
  `CREATE CONSTRAINT TRIGGER gateway_changed AFTER INSERT ON gateway
     DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tidegate_gateway_event()`,
  // Not for every version that it serves: those are the nodes' news.
  `CREATE CONSTRAINT TRIGGER gateway_changed_again AFTER UPDATE ON gateway DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
     WHEN ((OLD.row_version, OLD.settings_revision, OLD.deleted_at) IS DISTINCT FROM (NEW.row_version, NEW.settings_revision, NEW.deleted_at))
     EXECUTE FUNCTION tidegate_gateway_event()`,
  `CREATE CONSTRAINT TRIGGER operation_event AFTER INSERT OR UPDATE ON gateway_operation
     DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tidegate_operation_event()`,
  `CREATE CONSTRAINT TRIGGER operation_node_event AFTER UPDATE ON gateway_operation_node
     DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tidegate_operation_node_event()`,
];
