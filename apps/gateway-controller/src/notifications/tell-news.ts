import type { Db } from '../environments/deployment-targets.ts';
import { oweWebhook } from '../webhooks/owe-webhook.ts';
import type { GatewayNews } from './gateway-news.ts';

/** Stores news of a gateway for its feeds, and owes them to whoever has subscribed; sent only if the transaction commits. */
export async function tellNews(
  tx: Db,
  gateway: { readonly id: string; readonly handle: string },
  news: GatewayNews,
): Promise<void> {
  const { level, type, title, detail } = news;
  await tx.query(`INSERT INTO gateway_event (gateway_id, level, type, title, detail) VALUES ($1, $2, $3, $4, $5)`, [
    gateway.id,
    level,
    type,
    title,
    JSON.stringify(detail),
  ]);
  const data = { gateway, level, title, ...detail };
  if (type !== 'operation')
    await tx.query(`SELECT tidegate_record_event($1, $2, $3, NULL, $4)`, [
      `gateway.${type}`,
      gateway.id,
      gateway.handle,
      JSON.stringify({ level, ...detail }),
    ]);
  for (const { id, channel } of await tx.query<{ id: string; channel: 'webhook' | 'email' }[]>(SUBSCRIBED, [
    gateway.id,
    type,
    level,
  ])) {
    if (channel === 'webhook') await oweWebhook(tx, { destination: `subscription:${id}`, type: `gateway.${type}`, data });
    else
      await tx.query(`INSERT INTO mail_delivery (subscription_id, subject, body) SELECT $1, $2, $3 ${BOUNDED}`, [
        id,
        `[${level}] ${title}`,
        mailText(data),
      ]);
  }
}

/** INFO hears everything, ERROR errors only. */
const SUBSCRIBED = `
  SELECT id, channel FROM notification_subscription
  WHERE (gateway_id IS NULL OR gateway_id = $1) AND event_type IN ('all', $2)
    AND array_position(ARRAY['INFO', 'WARNING', 'ERROR'], level) <= array_position(ARRAY['INFO', 'WARNING', 'ERROR'], $3::text)`;

/** A mail server that is away for long loses news, not our disk. */
const BOUNDED = `WHERE (SELECT count(*) FROM mail_delivery WHERE subscription_id = $1 AND state = 'pending') < 200`;

function mailText(data: Readonly<Record<string, unknown>>): string {
  return Object.entries(data)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('\n');
}
