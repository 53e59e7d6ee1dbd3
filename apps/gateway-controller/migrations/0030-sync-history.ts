import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What operators see of the way up to APIM: every attempt with its exchanges, pauses, and looks that are still owed. */
export class SyncHistory0030 implements MigrationInterface {
  name = 'SyncHistory0030_1764070000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('Migrations are forward only; restore a backup and run `tidegate db restored`');
  }
}

const STATEMENTS = [
  `ALTER TABLE apim_link
     -- when the present wish was made: lag is counted from here
     ADD COLUMN desired_at timestamptz NOT NULL DEFAULT now(),
     ADD COLUMN claimed_at timestamptz,
     -- an operator said: not now. A push that runs is finished, nothing new begins
     ADD COLUMN paused_at timestamptz,
     ADD COLUMN paused_by text,
     -- looks into APIM still owed after an exchange of unknown outcome, which may land later than what followed it
     ADD COLUMN looks integer NOT NULL DEFAULT 0,
     ADD COLUMN look_at timestamptz,
     -- the present lease is such a look at what passes for synced
     ADD COLUMN looking boolean NOT NULL DEFAULT false`,
  `CREATE INDEX apim_link_look ON apim_link (look_at) WHERE phase = 'synced' AND look_at IS NOT NULL`,

  // Outlives the link of a deleted API by a week. At most 50 per API.
  `CREATE TABLE apim_attempt (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     api_id uuid NOT NULL,
     generation bigint NOT NULL,
     worker_id text,
     claimed_at timestamptz,
     reported_at timestamptz NOT NULL DEFAULT now(),
     -- late = its fencing token was no longer the current one
     outcome text NOT NULL CHECK (outcome IN ('synced', 'retryable', 'terminal', 'blocked', 'late')),
     reason text,
     message text,
     tried boolean NOT NULL,
     -- from the wish to APIM having it; null = it has not, or had it before
     lag_ms bigint,
     -- [{at, method, path, requestBytes, status, tookMs, answer}], secrets masked
     exchanges jsonb NOT NULL DEFAULT '[]'
   )`,
  `CREATE INDEX apim_attempt_api ON apim_attempt (api_id, id)`,
  `CREATE INDEX apim_attempt_reported ON apim_attempt (reported_at)`,
];
