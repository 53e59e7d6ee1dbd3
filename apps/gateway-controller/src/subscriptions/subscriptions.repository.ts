import type { Db } from '../environments/deployment-targets.ts';

/** What is kept of a subscription. The token is in the request that brought it, and nowhere else. */
export interface SubscriptionRow {
  readonly id: string;
  readonly apiId: string;
  readonly applicationId: string | null;
  readonly planId: string | null;
  readonly billingCustomerId: string | null;
  readonly billingSubscriptionId: string | null;
  readonly status: 'ACTIVE' | 'INACTIVE' | 'REVOKED';
  readonly origin: 'gateway_api' | 'control_plane';
  readonly generation: number;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** With what it belongs to. */
export interface SubscriptionFacts extends SubscriptionRow {
  readonly apiHandle: string;
  readonly planName: string | null;
  readonly planStatus: 'ACTIVE' | 'INACTIVE' | null;
  readonly planExpiresAt: Date | null;
}

export interface SubscriptionFilter {
  readonly apiId?: string | undefined;
  readonly applicationId?: string | undefined;
  readonly subscriptionPlanId?: string | undefined;
  readonly status?: string | undefined;
  readonly limit: number;
  readonly offset: number;
}

/** Newest first; `total` counts without paging. An API is asked for by handle or uuid. */
export async function listSubscriptions(
  db: Db,
  filter: SubscriptionFilter,
): Promise<{ subscriptions: SubscriptionFacts[]; total: number }> {
  const { apiId = '', applicationId = '', subscriptionPlanId = '', status = '' } = filter;
  const wanted = [apiId, applicationId, subscriptionPlanId, status];
  const subscriptions = await db.query<Stored<SubscriptionFacts>[]>(
    `SELECT ${FACTS} WHERE ${MATCHING} ORDER BY subscription.created_at DESC, subscription.id LIMIT $5 OFFSET $6`,
    [...wanted, filter.limit, filter.offset],
  );
  const [counted] = await db.query<{ total: string }[]>(
    `SELECT count(*) AS total FROM subscription JOIN api ON api.id = subscription.api_id WHERE ${MATCHING}`,
    wanted,
  );
  return { subscriptions: subscriptions.map(withGeneration), total: Number(counted?.total) };
}

/** `null` = no such subscription. */
export async function findSubscription(db: Db, id: string): Promise<SubscriptionFacts | null> {
  const rows = await db.query<Stored<SubscriptionFacts>[]>(`SELECT ${FACTS} WHERE subscription.id::text = lower($1)`, [id]);
  return rows[0] === undefined ? null : withGeneration(rows[0]);
}

/** The row as it is now, held until the transaction ends. `null` = gone. */
export async function lockSubscription(tx: Db, id: string): Promise<SubscriptionRow | null> {
  const rows = await tx.query<Stored<SubscriptionRow>[]>(
    `SELECT ${COLUMNS} FROM subscription WHERE id::text = lower($1) FOR UPDATE`,
    [id],
  );
  return rows[0] === undefined ? null : withGeneration(rows[0]);
}

/** @throws a unique violation when the API has a subscription with this token */
export async function insertSubscription(tx: Db, row: SubscriptionRow, digest: Buffer): Promise<void> {
  await tx.query(
    `INSERT INTO subscription (id, account_id, api_id, application_id, digest, plan_id, billing_customer_id,
                               billing_subscription_id, status, origin, generation, created_by, created_at, updated_at)
     VALUES ($1, (SELECT account_id FROM installation), $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    [
      row.id,
      row.apiId,
      row.applicationId,
      digest,
      row.planId,
      row.billingCustomerId,
      row.billingSubscriptionId,
      row.status,
      row.origin,
      row.generation,
      row.createdBy,
      row.createdAt,
      row.updatedAt,
    ],
  );
}

/** `digest: null` = the token stays. @throws a unique violation when another subscription of the API has the token */
export async function updateSubscription(tx: Db, row: SubscriptionRow, digest: Buffer | null): Promise<void> {
  await tx.query(
    `UPDATE subscription SET api_id = $2, application_id = $3, digest = coalesce($4, digest), plan_id = $5, billing_customer_id = $6,
            billing_subscription_id = $7, status = $8, generation = $9, updated_at = $10
     WHERE id = $1`,
    [
      row.id,
      row.apiId,
      row.applicationId,
      digest,
      row.planId,
      row.billingCustomerId,
      row.billingSubscriptionId,
      row.status,
      row.generation,
      row.updatedAt,
    ],
  );
}

export async function deleteSubscription(tx: Db, id: string): Promise<void> {
  await tx.query(`DELETE FROM subscription WHERE id = $1`, [id]);
}

type Stored<Row> = Omit<Row, 'generation'> & { readonly generation: string };

function withGeneration<Row>(stored: Stored<Row>): Row {
  return { ...stored, generation: Number(stored.generation) } as Row;
}

const COLUMNS = `subscription.id, subscription.api_id AS "apiId", application_id AS "applicationId", plan_id AS "planId",
  billing_customer_id AS "billingCustomerId", billing_subscription_id AS "billingSubscriptionId", subscription.status,
  subscription.origin, subscription.generation, subscription.created_by AS "createdBy", subscription.created_at AS "createdAt",
  subscription.updated_at AS "updatedAt"`;

const FACTS = `${COLUMNS}, api.handle AS "apiHandle", plan.name AS "planName", plan.status AS "planStatus",
  plan.expires_at AS "planExpiresAt"
  FROM subscription JOIN api ON api.id = subscription.api_id LEFT JOIN subscription_plan AS plan ON plan.id = plan_id`;

const MATCHING = `($1 = '' OR api.handle = $1 OR api.id::text = lower($1)) AND ($2 = '' OR application_id = $2)
  AND ($3 = '' OR plan_id::text = lower($3)) AND ($4 = '' OR subscription.status = $4)`;
