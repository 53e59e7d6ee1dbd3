import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The first schema. Forward only; later migrations only add (architecture.md, "Schema"). */
export class Foundation0001 implements MigrationInterface {
  name = 'Foundation0001_1763769600000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('Migrations are forward only; restore a backup and run `tidegate db restored`');
  }
}

const STATEMENTS = [
  `CREATE TABLE account (
     id uuid PRIMARY KEY,
     name text NOT NULL UNIQUE,
     created_at timestamptz NOT NULL DEFAULT now()
   )`,

  // One row. Epoch and the identity of the server it was written on: how a restored backup is noticed.
  `CREATE TABLE installation (
     singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
     account_id uuid NOT NULL REFERENCES account,
     epoch bigint NOT NULL,
     system_identifier text NOT NULL,
     timeline bigint NOT NULL
   )`,

  `CREATE TABLE gateway (
     id uuid PRIMARY KEY,
     account_id uuid NOT NULL REFERENCES account,
     handle text NOT NULL,
     display_name text NOT NULL,
     public_url text,
     -- +1 per transaction that changes what this gateway serves; gapless and commit-ordered because it is bumped under the row lock.
     -- Starts at 1, which is the empty table: 0 means "nothing yet" to whoever follows it
     version bigint NOT NULL DEFAULT 1,
     -- the epoch whose deletions somebody looked at and meant (discovery.proto, rule 10)
     deletions_confirmed_epoch bigint NOT NULL DEFAULT 0,
     created_at timestamptz NOT NULL DEFAULT now(),
     deleted_at timestamptz
   )`,
  `CREATE UNIQUE INDEX gateway_handle ON gateway (account_id, handle) WHERE deleted_at IS NULL`,

  `CREATE TABLE environment (
     id uuid PRIMARY KEY,
     account_id uuid NOT NULL REFERENCES account,
     name text NOT NULL,
     classification text NOT NULL DEFAULT 'production' CHECK (classification IN ('production', 'test')),
     -- on at most one gateway
     gateway_id uuid REFERENCES gateway,
     -- '' or '/path' put in front of every context deployed here
     base_path text NOT NULL DEFAULT '',
     created_at timestamptz NOT NULL DEFAULT now(),
     UNIQUE (account_id, name)
   )`,

  `CREATE TABLE api (
     id uuid PRIMARY KEY,
     account_id uuid NOT NULL REFERENCES account,
     handle text NOT NULL,
     display_name text NOT NULL,
     version text NOT NULL,
     -- what the user submitted, in the order of its keys, template expressions not rendered
     document json NOT NULL,
     desired_state text NOT NULL CHECK (desired_state IN ('deployed', 'undeployed')),
     origin text NOT NULL CHECK (origin IN ('gateway_api', 'control_plane')),
     -- +1 per accepted write of document or state (decision 25)
     generation bigint NOT NULL DEFAULT 1,
     created_by text NOT NULL,
     created_at timestamptz NOT NULL,
     updated_at timestamptz NOT NULL,
     deployed_at timestamptz,
     CONSTRAINT api_handle UNIQUE (account_id, handle),
     CONSTRAINT api_name_version UNIQUE (account_id, display_name, version)
   )`,
  `CREATE INDEX api_created ON api (account_id, created_at DESC, id)`,

  `CREATE TABLE deployment (
     -- '<apiId>/<environmentId>'
     id text PRIMARY KEY,
     api_id uuid NOT NULL REFERENCES api ON DELETE CASCADE,
     environment_id uuid NOT NULL REFERENCES environment,
     -- '' = the document's own context
     base_path text NOT NULL DEFAULT '',
     upstream_overrides jsonb NOT NULL DEFAULT '{}',
     created_at timestamptz NOT NULL DEFAULT now(),
     UNIQUE (api_id, environment_id)
   )`,
  `CREATE INDEX deployment_environment ON deployment (environment_id)`,

  `CREATE TABLE api_key (
     id uuid PRIMARY KEY,
     account_id uuid NOT NULL REFERENCES account,
     api_id uuid NOT NULL REFERENCES api ON DELETE CASCADE,
     name text NOT NULL,
     -- SHA-256 of the key; the key itself is never stored
     digest bytea NOT NULL CHECK (length(digest) = 32),
     masked text NOT NULL,
     source text NOT NULL DEFAULT 'local' CHECK (source IN ('local', 'external', 'control_plane')),
     issuer text,
     external_ref_id text,
     created_by text NOT NULL,
     created_at timestamptz NOT NULL,
     updated_at timestamptz NOT NULL,
     expires_at timestamptz,
     -- set when a node reports this id as revoked after a rewind: not served until confirmed
     held_at timestamptz,
     CONSTRAINT api_key_name UNIQUE (api_id, name),
     CONSTRAINT api_key_digest UNIQUE (account_id, digest)
   )`,

  // What each gateway was last told about each entry, and at which version. Removals are rows: tombstones with their version,
  // kept at least 7 days; a router older than the oldest one kept gets a full listing.
  `CREATE TABLE gateway_change (
     gateway_id uuid NOT NULL REFERENCES gateway,
     -- EntryKind of discovery.proto: 1 routes, 2 api key
     kind smallint NOT NULL,
     -- deployment id or key id
     entry_id text NOT NULL,
     version bigint NOT NULL,
     removed boolean NOT NULL DEFAULT false,
     changed_at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (gateway_id, kind, entry_id)
   )`,
  `CREATE INDEX gateway_change_version ON gateway_change (gateway_id, version)`,
  // Tombstones below this version were pruned: deltas start above it.
  `CREATE TABLE gateway_change_floor (
     gateway_id uuid PRIMARY KEY REFERENCES gateway,
     version bigint NOT NULL
   )`,

  // Doorbells owed. Rows are taken by FOR UPDATE SKIP LOCKED and deleted: never a cursor over serial ids.
  `CREATE TABLE outbox (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     topic text NOT NULL,
     payload jsonb NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now()
   )`,

  // Desired against known for APIM. Survives its API: a deleted API stays here as a tombstone until APIM has let go of it.
  `CREATE TABLE apim_link (
     api_id uuid PRIMARY KEY,
     account_id uuid NOT NULL REFERENCES account,
     handle text NOT NULL,
     display_name text NOT NULL,
     api_version text NOT NULL,
     desired_state text NOT NULL CHECK (desired_state IN ('deployed', 'undeployed', 'deleted')),
     desired_generation bigint NOT NULL,
     -- the generation APIM is known to have, in the desired state
     synced_generation bigint NOT NULL DEFAULT 0,
     -- waiting = due or waiting its turn; failed = gave up for this generation; parked = refused by APIM
     phase text NOT NULL DEFAULT 'waiting' CHECK (phase IN ('waiting', 'syncing', 'synced', 'failed', 'parked', 'blocked')),
     reason text,
     message text,
     -- imports or undeploys tried for desired_generation
     attempts integer NOT NULL DEFAULT 0,
     next_attempt_at timestamptz NOT NULL DEFAULT now(),
     -- never cleared by a failure
     remote_id text,
     remote_revision text,
     remote_deployed boolean NOT NULL DEFAULT false,
     pushed_generation bigint NOT NULL DEFAULT 0,
     pushed_hash text,
     losses jsonb NOT NULL DEFAULT '[]',
     -- an exchange may have taken effect without us knowing: look before acting
     dirty boolean NOT NULL DEFAULT false,
     -- a report came with a stale fencing token while another worker held the lease: what the late one sent may land after what
     -- the holder sent, so the holder's own report does not settle the matter
     disturbed boolean NOT NULL DEFAULT false,
     adopt boolean NOT NULL DEFAULT false,
     -- deleted APIs of ours of the same name, under whose mark it may be in APIM until our own is on it
     former_ids uuid[] NOT NULL DEFAULT '{}',
     fencing_token bigint NOT NULL DEFAULT 0,
     lease_owner text,
     lease_until timestamptz,
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now()
   )`,
  `CREATE INDEX apim_link_tombstone ON apim_link (account_id, display_name, api_version) WHERE desired_state = 'deleted'`,
  `CREATE INDEX apim_link_due ON apim_link (next_attempt_at) WHERE phase IN ('waiting', 'syncing', 'failed', 'blocked')`,

  // What deleted APIs left in APIM, undeployed: an API deployed later under the same name and version may take it over, where one
  // of a stranger is a conflict (decision 31). Known by the id that APIM gave it, if its answer ever came, and by their marks.
  `CREATE TABLE apim_released (
     account_id uuid NOT NULL REFERENCES account,
     display_name text NOT NULL,
     api_version text NOT NULL,
     remote_id text,
     api_ids uuid[] NOT NULL,
     released_at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (account_id, display_name, api_version)
   )`,

  // What the connector last said about the control plane. One per installation.
  `CREATE TABLE apim_target (
     account_id uuid PRIMARY KEY REFERENCES account,
     configured boolean NOT NULL DEFAULT false,
     mode text NOT NULL DEFAULT 'unknown' CHECK (mode IN ('unknown', 'onprem', 'cloud')),
     connected boolean NOT NULL DEFAULT false,
     blocked boolean NOT NULL DEFAULT false,
     reason text,
     message text,
     host text,
     reported_by text,
     reported_at timestamptz NOT NULL DEFAULT now()
   )`,

  `CREATE TABLE node (
     gateway_id uuid NOT NULL REFERENCES gateway,
     node_id text NOT NULL,
     boot_id text,
     -- +1 per Hello; a late end of an older stream changes nothing
     stream_epoch bigint NOT NULL DEFAULT 0,
     phase text NOT NULL DEFAULT 'starting' CHECK (phase IN ('starting', 'ready', 'draining', 'stopped', 'start_failed')),
     previous_boot_clean boolean,
     runtime_version text,
     host_name text,
     startup_properties jsonb NOT NULL DEFAULT '{}',
     booted_at timestamptz,
     ready_at timestamptz,
     last_seen_at timestamptz,
     lease_until timestamptz,
     acked_epoch bigint NOT NULL DEFAULT 0,
     acked_version bigint NOT NULL DEFAULT 0,
     acked_hash bytea,
     acked_at timestamptz,
     rejected jsonb NOT NULL DEFAULT '[]',
     -- the last Nack and when; null after the next Applied
     nacked jsonb,
     -- life cycle as the node told it: what the status of a gateway is derived from
     workers integer,
     boots_since_ready integer NOT NULL DEFAULT 0,
     stopping_at timestamptz,
     stopped_at timestamptz,
     phase_reason text,
     drain_grace_ms integer,
     cut_requests integer,
     -- the last heartbeat: in_flight, rss_bytes, loop_delay_ms
     health jsonb NOT NULL DEFAULT '{}',
     created_at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (gateway_id, node_id)
   )`,

  // Tokens are stored as SHA-256 digests only.
  `CREATE TABLE join_token (
     id uuid PRIMARY KEY,
     gateway_id uuid NOT NULL REFERENCES gateway,
     digest bytea NOT NULL UNIQUE CHECK (length(digest) = 32),
     created_by text NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now(),
     expires_at timestamptz NOT NULL,
     used_at timestamptz,
     used_by_node text
   )`,
  `CREATE TABLE node_credential (
     id uuid PRIMARY KEY,
     gateway_id uuid NOT NULL REFERENCES gateway,
     node_id text NOT NULL,
     digest bytea NOT NULL UNIQUE CHECK (length(digest) = 32),
     issued_at timestamptz NOT NULL DEFAULT now(),
     expires_at timestamptz NOT NULL,
     revoked_at timestamptz
   )`,
  `CREATE INDEX node_credential_node ON node_credential (gateway_id, node_id)`,

  // Leadership and single-writer jobs (invariant 16).
  `CREATE TABLE lease (
     name text PRIMARY KEY,
     owner text NOT NULL,
     fencing_token bigint NOT NULL DEFAULT 1,
     expires_at timestamptz NOT NULL
   )`,
];
