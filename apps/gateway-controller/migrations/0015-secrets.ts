import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Values that documents name and do not hold. */
export class Secrets0015 implements MigrationInterface {
  name = 'Secrets0015_1764115320000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('Migrations are forward only; restore a backup and run `tidegate db restored`');
  }
}

const STATEMENTS = [
  `CREATE TABLE secret (
     id uuid PRIMARY KEY,
     account_id uuid NOT NULL REFERENCES account,
     -- metadata.name: what documents call it
     name text NOT NULL,
     display_name text NOT NULL,
     description text,
     labels jsonb NOT NULL DEFAULT '{}',
     annotations jsonb NOT NULL DEFAULT '{}',
     -- enc:aesgcm:v1:<key version>:<base64 of nonce, ciphertext and tag>, bound to the secret's id
     envelope text NOT NULL,
     -- +1 per accepted write; the ETag. A new key alone changes nothing
     generation bigint NOT NULL DEFAULT 1,
     created_by text NOT NULL,
     created_at timestamptz NOT NULL,
     updated_at timestamptz NOT NULL,
     CONSTRAINT secret_name UNIQUE (account_id, name)
   )`,

  // Only those who see everything see them: secrets are an admin's. A value sealed anew under another key is no news.
  `CREATE FUNCTION tidegate_secret_event() RETURNS trigger AS $$
   DECLARE changed secret%ROWTYPE;
   BEGIN
     changed := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
     PERFORM tidegate_record_event(
       'secret.' || CASE TG_OP WHEN 'INSERT' THEN 'created' WHEN 'UPDATE' THEN 'updated' ELSE 'deleted' END,
       changed.id::text, changed.name, changed.created_by, jsonb_build_object('generation', changed.generation));
     RETURN NULL;
   END $$ LANGUAGE plpgsql`,
  `CREATE CONSTRAINT TRIGGER secret_event AFTER INSERT OR DELETE ON secret
     DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tidegate_secret_event()`,
  `CREATE CONSTRAINT TRIGGER secret_changed_event AFTER UPDATE ON secret DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
     WHEN (OLD.generation IS DISTINCT FROM NEW.generation) EXECUTE FUNCTION tidegate_secret_event()`,
];
