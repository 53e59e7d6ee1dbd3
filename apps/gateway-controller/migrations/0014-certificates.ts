import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Certificate authorities for upstreams, on every gateway: also on those that are made later. */
export class Certificates0014 implements MigrationInterface {
  name = 'Certificates0014_1764115260000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('Migrations are forward only; restore a backup and run `tidegate db restored`');
  }
}

const STATEMENTS = [
  `CREATE TABLE certificate (
     id uuid PRIMARY KEY,
     account_id uuid NOT NULL REFERENCES account,
     name text NOT NULL,
     -- one or more, PEM, nothing between them
     pem text NOT NULL,
     -- of the first
     subject text NOT NULL,
     issuer text NOT NULL,
     -- the time in which all of them are valid
     not_before timestamptz NOT NULL,
     not_after timestamptz NOT NULL,
     count integer NOT NULL,
     created_by text NOT NULL,
     created_at timestamptz NOT NULL,
     CONSTRAINT certificate_name UNIQUE (account_id, name)
   )`,

  // Whoever changes certificates and whoever makes a gateway take this lock: neither misses what the other does.
  `CREATE FUNCTION tidegate_lock_certificates() RETURNS void AS $$
     SELECT pg_advisory_xact_lock(hashtext('tidegate_certificates'))
   $$ LANGUAGE sql`,
  // A new gateway serves them from its first version on (EntryKind 4).
  `CREATE FUNCTION tidegate_gateway_certificates() RETURNS trigger AS $$
   BEGIN
     PERFORM tidegate_lock_certificates();
     INSERT INTO gateway_change (gateway_id, kind, entry_id, version, removed)
     SELECT NEW.id, 4, id::text, NEW.version, false FROM certificate;
     RETURN NULL;
   END $$ LANGUAGE plpgsql`,
  `CREATE TRIGGER gateway_certificates AFTER INSERT ON gateway FOR EACH ROW EXECUTE FUNCTION tidegate_gateway_certificates()`,

  `CREATE FUNCTION tidegate_certificate_event() RETURNS trigger AS $$
   DECLARE changed certificate%ROWTYPE;
   BEGIN
     changed := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
     PERFORM tidegate_record_event(
       CASE TG_OP WHEN 'INSERT' THEN 'certificate.created' ELSE 'certificate.deleted' END,
       changed.id::text, changed.name, NULL, jsonb_build_object('notAfter', changed.not_after));
     RETURN NULL;
   END $$ LANGUAGE plpgsql`,
  `CREATE CONSTRAINT TRIGGER certificate_event AFTER INSERT OR DELETE ON certificate
     DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tidegate_certificate_event()`,
];
