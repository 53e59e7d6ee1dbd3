import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was, who did it, and what happens: revisions, the audit log and the event stream. */
export class History0012 implements MigrationInterface {
  name = 'History0012_1764029400000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('Migrations are forward only; restore a backup and run `tidegate db restored`');
  }
}

const TABLES = [
  // A document as it was at a generation; the newest 100 of each API are kept.
  `CREATE TABLE api_revision (
     api_id uuid NOT NULL REFERENCES api ON DELETE CASCADE,
     generation bigint NOT NULL,
     document json NOT NULL,
     desired_state text NOT NULL,
     created_by text NOT NULL,
     created_at timestamptz NOT NULL,
     -- the generation whose document this is again; null = a new one
     restored_from bigint,
     PRIMARY KEY (api_id, generation)
   )`,
  `INSERT INTO api_revision (api_id, generation, document, desired_state, created_by, created_at)
   SELECT id, generation, document, desired_state, created_by, updated_at FROM api`,

  // Written before the request is carried out, so that nothing goes unrecorded; the outcome is added afterwards.
  `CREATE TABLE audit_entry (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     account_id uuid NOT NULL REFERENCES account,
     at timestamptz NOT NULL DEFAULT now(),
     actor text NOT NULL,
     -- operationId of the contract
     action text NOT NULL,
     path text NOT NULL,
     request_id text NOT NULL,
     client text,
     -- null = not answered: under way, or the process died
     status smallint,
     -- error code of a refusal
     code text
   )`,
  `CREATE INDEX audit_entry_at ON audit_entry (at DESC, id DESC)`,

  `CREATE TABLE event_counter (
     singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
     last_id bigint NOT NULL DEFAULT 0
   )`,
  `INSERT INTO event_counter DEFAULT VALUES`,
  `CREATE TABLE event (
     -- gapless and commit-ordered: allocated under the counter's lock, which is taken last
     id bigint PRIMARY KEY,
     at timestamptz NOT NULL,
     type text NOT NULL,
     subject_id text NOT NULL,
     subject_name text NOT NULL,
     -- whose it is, where only that user may see it beside those who see all
     owner text,
     data jsonb NOT NULL
   )`,
];

// Events are recorded by the tables themselves, when their transaction commits: no writer can forget one, none is lost or sent for
// a change that was rolled back, and the counter is locked for the commit alone.
const RECORD = `
  CREATE FUNCTION tidegate_record_event(type text, subject_id text, subject_name text, owner text, data jsonb) RETURNS void AS $$
  DECLARE next_id bigint;
  BEGIN
    UPDATE event_counter SET last_id = last_id + 1 RETURNING last_id INTO next_id;
    INSERT INTO event (id, at, type, subject_id, subject_name, owner, data)
    VALUES (next_id, clock_timestamp(), type, subject_id, subject_name, owner, data);
    PERFORM pg_notify('tidegate_event', next_id::text);
  END $$ LANGUAGE plpgsql`;

const API_EVENT = `
  CREATE FUNCTION tidegate_api_event() RETURNS trigger AS $$
  DECLARE changed api%ROWTYPE;
  BEGIN
    changed := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    PERFORM tidegate_record_event(
      CASE TG_OP WHEN 'INSERT' THEN 'rest-api.created' WHEN 'UPDATE' THEN 'rest-api.updated' ELSE 'rest-api.deleted' END,
      changed.id::text, changed.handle, NULL,
      jsonb_build_object('generation', changed.generation, 'desiredState', changed.desired_state));
    RETURN NULL;
  END $$ LANGUAGE plpgsql`;

const KEY_EVENT = `
  CREATE FUNCTION tidegate_key_event() RETURNS trigger AS $$
  DECLARE changed api_key%ROWTYPE;
  BEGIN
    changed := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    PERFORM tidegate_record_event(
      CASE TG_OP WHEN 'INSERT' THEN 'api-key.created' WHEN 'UPDATE' THEN 'api-key.updated' ELSE 'api-key.revoked' END,
      coalesce(changed.public_id, changed.id)::text, changed.name, changed.created_by,
      jsonb_build_object('apiId', changed.api_id));
    RETURN NULL;
  END $$ LANGUAGE plpgsql`;

const SYNC_EVENT = `
  CREATE FUNCTION tidegate_sync_event() RETURNS trigger AS $$
  BEGIN
    PERFORM tidegate_record_event('rest-api.sync', NEW.api_id::text, NEW.handle, NULL, jsonb_build_object(
      'phase', NEW.phase, 'desiredGeneration', NEW.desired_generation, 'syncedGeneration', NEW.synced_generation));
    RETURN NULL;
  END $$ LANGUAGE plpgsql`;

const NODE_EVENT = `
  CREATE FUNCTION tidegate_node_event() RETURNS trigger AS $$
  BEGIN
    PERFORM tidegate_record_event('node.changed', NEW.gateway_id::text || '/' || NEW.node_id, NEW.node_id, NULL, jsonb_build_object(
      'gatewayId', NEW.gateway_id, 'phase', NEW.phase, 'appliedVersion', NEW.acked_version));
    RETURN NULL;
  END $$ LANGUAGE plpgsql`;

const STATEMENTS = [
  ...TABLES,
  RECORD,
  API_EVENT,
  KEY_EVENT,
  SYNC_EVENT,
  NODE_EVENT,
  `CREATE CONSTRAINT TRIGGER api_event AFTER INSERT OR UPDATE OR DELETE ON api
     DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tidegate_api_event()`,
  `CREATE CONSTRAINT TRIGGER api_key_event AFTER INSERT OR UPDATE OR DELETE ON api_key
     DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tidegate_key_event()`,
  `CREATE CONSTRAINT TRIGGER apim_link_event AFTER UPDATE ON apim_link DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
     WHEN ((OLD.phase, OLD.desired_generation, OLD.synced_generation) IS DISTINCT FROM (NEW.phase, NEW.desired_generation, NEW.synced_generation))
     EXECUTE FUNCTION tidegate_sync_event()`,
  `CREATE CONSTRAINT TRIGGER node_event AFTER UPDATE ON node DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
     WHEN ((OLD.phase, OLD.acked_version) IS DISTINCT FROM (NEW.phase, NEW.acked_version))
     EXECUTE FUNCTION tidegate_node_event()`,
];
