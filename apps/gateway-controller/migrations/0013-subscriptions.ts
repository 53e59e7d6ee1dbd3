import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Plans, subscriptions, and the applications that keys and subscriptions belong to. */
export class Subscriptions0013 implements MigrationInterface {
  name = 'Subscriptions0013_1764115200000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('Migrations are forward only; restore a backup and run `tidegate db restored`');
  }
}

const TABLES = [
  `CREATE TABLE subscription_plan (
     id uuid PRIMARY KEY,
     account_id uuid NOT NULL REFERENCES account,
     name text NOT NULL,
     billing_plan text,
     stop_on_quota_reach boolean NOT NULL DEFAULT true,
     -- requests per unit; both or neither
     throttle_limit_count bigint CHECK (throttle_limit_count > 0),
     throttle_limit_unit text CHECK (throttle_limit_unit IN ('Min', 'Hour', 'Day', 'Month')),
     expires_at timestamptz,
     status text NOT NULL CHECK (status IN ('ACTIVE', 'INACTIVE')),
     origin text NOT NULL CHECK (origin IN ('gateway_api', 'control_plane')),
     -- +1 per accepted write; the ETag
     generation bigint NOT NULL DEFAULT 1,
     created_by text NOT NULL,
     created_at timestamptz NOT NULL,
     updated_at timestamptz NOT NULL,
     CHECK ((throttle_limit_count IS NULL) = (throttle_limit_unit IS NULL)),
     CONSTRAINT subscription_plan_name UNIQUE (account_id, name)
   )`,

  `CREATE TABLE subscription (
     id uuid PRIMARY KEY,
     account_id uuid NOT NULL REFERENCES account,
     api_id uuid NOT NULL REFERENCES api ON DELETE CASCADE,
     application_id text,
     -- SHA-256 of the token; the token itself is never stored
     digest bytea NOT NULL CHECK (length(digest) = 32),
     -- a plan in use is not deleted
     plan_id uuid REFERENCES subscription_plan,
     billing_customer_id text,
     billing_subscription_id text,
     status text NOT NULL CHECK (status IN ('ACTIVE', 'INACTIVE', 'REVOKED')),
     origin text NOT NULL CHECK (origin IN ('gateway_api', 'control_plane')),
     generation bigint NOT NULL DEFAULT 1,
     created_by text NOT NULL,
     created_at timestamptz NOT NULL,
     updated_at timestamptz NOT NULL,
     CONSTRAINT subscription_token UNIQUE (api_id, digest)
   )`,
  `CREATE INDEX subscription_created ON subscription (account_id, created_at DESC, id)`,
  `CREATE INDEX subscription_plan_used ON subscription (plan_id)`,

  // Known only from the control plane: which keys are one application's.
  `CREATE TABLE application (
     id text PRIMARY KEY,
     account_id uuid NOT NULL REFERENCES account,
     uuid text NOT NULL,
     name text NOT NULL,
     type text NOT NULL,
     updated_at timestamptz NOT NULL
   )`,
  `CREATE TABLE application_key (
     -- what the key's owner knows it by: it stays over new values
     key_public_id uuid PRIMARY KEY,
     application_id text NOT NULL REFERENCES application ON DELETE CASCADE
   )`,
  `CREATE INDEX application_key_application ON application_key (application_id)`,
];

// Only those who see everything see them: subscriptions and plans are an admin's. So they have an owner.
const PLAN_EVENT = `
  CREATE FUNCTION tidegate_plan_event() RETURNS trigger AS $$
  DECLARE changed subscription_plan%ROWTYPE;
  BEGIN
    changed := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    PERFORM tidegate_record_event(
      'subscription-plan.' || CASE TG_OP WHEN 'INSERT' THEN 'created' WHEN 'UPDATE' THEN 'updated' ELSE 'deleted' END,
      changed.id::text, changed.name, changed.created_by, jsonb_build_object('status', changed.status));
    RETURN NULL;
  END $$ LANGUAGE plpgsql`;

const SUBSCRIPTION_EVENT = `
  CREATE FUNCTION tidegate_subscription_event() RETURNS trigger AS $$
  DECLARE changed subscription%ROWTYPE;
  BEGIN
    changed := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    PERFORM tidegate_record_event(
      'subscription.' || CASE TG_OP WHEN 'INSERT' THEN 'created' WHEN 'UPDATE' THEN 'updated' ELSE 'deleted' END,
      changed.id::text, coalesce(changed.application_id, ''), changed.created_by,
      jsonb_build_object('apiId', changed.api_id, 'status', changed.status));
    RETURN NULL;
  END $$ LANGUAGE plpgsql`;

const STATEMENTS = [
  ...TABLES,
  PLAN_EVENT,
  SUBSCRIPTION_EVENT,
  `CREATE CONSTRAINT TRIGGER subscription_plan_event AFTER INSERT OR UPDATE OR DELETE ON subscription_plan
     DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tidegate_plan_event()`,
  `CREATE CONSTRAINT TRIGGER subscription_event AFTER INSERT OR UPDATE OR DELETE ON subscription
     DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tidegate_subscription_event()`,
];
