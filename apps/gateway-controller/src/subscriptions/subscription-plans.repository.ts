import type { Db } from '../environments/deployment-targets.ts';

export interface PlanRow {
  readonly id: string;
  readonly name: string;
  readonly billingPlan: string | null;
  readonly stopOnQuotaReach: boolean;
  /** Requests per unit; both or neither */
  readonly throttleLimitCount: number | null;
  readonly throttleLimitUnit: 'Min' | 'Hour' | 'Day' | 'Month' | null;
  readonly expiresAt: Date | null;
  readonly status: 'ACTIVE' | 'INACTIVE';
  readonly origin: 'gateway_api' | 'control_plane';
  readonly generation: number;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** How many subscriptions have it */
  readonly subscriptionCount: number;
}

export interface PlanFilter {
  readonly status?: string | undefined;
  readonly search?: string | undefined;
  readonly limit: number;
  readonly offset: number;
}

/** By name; `total` counts without paging. */
export async function listPlans(db: Db, filter: PlanFilter): Promise<{ plans: PlanRow[]; total: number }> {
  const matching = `${OURS} AND ($1 = '' OR status = $1) AND position(lower($2) in lower(name)) > 0`;
  const wanted = [filter.status ?? '', filter.search ?? ''];
  const plans = await db.query<StoredPlan[]>(
    `SELECT ${COLUMNS} FROM subscription_plan WHERE ${matching} ORDER BY name LIMIT $3 OFFSET $4`,
    [...wanted, filter.limit, filter.offset],
  );
  const [counted] = await db.query<{ total: string }[]>(
    `SELECT count(*) AS total FROM subscription_plan WHERE ${matching}`,
    wanted,
  );
  return { plans: plans.map(planRow), total: Number(counted?.total) };
}

/** `null` = no such plan. */
export async function findPlan(db: Db, id: string): Promise<PlanRow | null> {
  return readPlan(db, id, '');
}

/** Held until the transaction ends, so that no subscription gets the plan meanwhile. */
export async function lockPlan(tx: Db, id: string): Promise<PlanRow | null> {
  return readPlan(tx, id, 'FOR UPDATE');
}

/** The plan cannot change or go until the transaction ends. */
export async function keepPlan(tx: Db, id: string): Promise<PlanRow | null> {
  return readPlan(tx, id, 'FOR SHARE');
}

async function readPlan(db: Db, id: string, lock: string): Promise<PlanRow | null> {
  const rows = await db.query<StoredPlan[]>(
    `SELECT ${COLUMNS} FROM subscription_plan WHERE ${OURS} AND id::text = lower($1) ${lock}`,
    [id],
  );
  return rows[0] === undefined ? null : planRow(rows[0]);
}

/** A new plan, or the plan of this id as it is from now on. @throws a unique violation for a taken name */
export async function storePlan(tx: Db, plan: PlanRow): Promise<void> {
  await tx.query(
    `INSERT INTO subscription_plan (id, account_id, name, billing_plan, stop_on_quota_reach, throttle_limit_count,
                                    throttle_limit_unit, expires_at, status, origin, generation, created_by, created_at, updated_at)
     VALUES ($1, (SELECT account_id FROM installation), $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
     ON CONFLICT (id) DO UPDATE SET
       name = excluded.name, billing_plan = excluded.billing_plan, stop_on_quota_reach = excluded.stop_on_quota_reach,
       throttle_limit_count = excluded.throttle_limit_count, throttle_limit_unit = excluded.throttle_limit_unit,
       expires_at = excluded.expires_at, status = excluded.status, generation = excluded.generation, updated_at = excluded.updated_at`,
    [
      plan.id,
      plan.name,
      plan.billingPlan,
      plan.stopOnQuotaReach,
      plan.throttleLimitCount,
      plan.throttleLimitUnit,
      plan.expiresAt,
      plan.status,
      plan.origin,
      plan.generation,
      plan.createdBy,
      plan.createdAt,
      plan.updatedAt,
    ],
  );
}

export async function deletePlan(tx: Db, id: string): Promise<void> {
  await tx.query(`DELETE FROM subscription_plan WHERE id = $1`, [id]);
}

/** Handles of APIs that have subscriptions with this plan, at most `limit`. */
export async function apisOnPlan(db: Db, id: string, limit: number): Promise<string[]> {
  const rows = await db.query<{ handle: string }[]>(
    `SELECT DISTINCT handle FROM subscription JOIN api ON api.id = api_id WHERE plan_id = $1 ORDER BY handle LIMIT $2`,
    [id, limit],
  );
  return rows.map(({ handle }) => handle);
}

type StoredPlan = Omit<PlanRow, 'generation' | 'throttleLimitCount' | 'subscriptionCount'> & {
  readonly generation: string;
  readonly throttleLimitCount: string | null;
  readonly subscriptionCount: string;
};

/** 64-bit integers come as text. */
function planRow(stored: StoredPlan): PlanRow {
  return {
    ...stored,
    generation: Number(stored.generation),
    throttleLimitCount: stored.throttleLimitCount === null ? null : Number(stored.throttleLimitCount),
    subscriptionCount: Number(stored.subscriptionCount),
  };
}

/** One installation = one account (decision 28). */
const OURS = `account_id = (SELECT account_id FROM installation)`;

const COLUMNS = `id, name, billing_plan AS "billingPlan", stop_on_quota_reach AS "stopOnQuotaReach",
  throttle_limit_count AS "throttleLimitCount", throttle_limit_unit AS "throttleLimitUnit", expires_at AS "expiresAt", status, origin,
  generation, created_by AS "createdBy", created_at AS "createdAt", updated_at AS "updatedAt",
  (SELECT count(*) FROM subscription WHERE plan_id = subscription_plan.id) AS "subscriptionCount"`;
