import type { Pool } from 'pg';

/** A node that stopped in good order is forgotten after ten minutes, one that died after a day. */
const STOPPED_FOR = '10 minutes';
const DEAD_FOR = '24 hours';

/**
 * Forgets nodes that will not come back: every pod is a node with a name of its own. The newest row of a gateway always stays, for its
 * last outcome must outlive the pods; so do nodes of an operation that runs. Answers how many went.
 */
export async function collectNodes(pool: Pool): Promise<number> {
  const { rowCount } = await pool.query(COLLECT);
  return rowCount ?? 0;
}

const COLLECT = `
  DELETE FROM node USING fleet_presence
  WHERE (phase = 'stopped' AND stopped_at < now() - interval '${STOPPED_FOR}'
      -- while no controller listened, silence proves nothing
      OR greatest(last_seen_at, serving_since) < now() - interval '${DEAD_FOR}')
    AND (gateway_id, node_id) NOT IN (
      SELECT DISTINCT ON (gateway_id) gateway_id, node_id FROM node
      ORDER BY gateway_id, last_seen_at DESC NULLS LAST, boot_seen_at DESC NULLS LAST, node_id)
    AND NOT EXISTS (
      SELECT 1 FROM gateway_operation AS operation JOIN gateway_operation_node AS told ON told.operation_id = operation.id
      WHERE operation.gateway_id = node.gateway_id AND operation.state = 'open' AND told.node_id = node.node_id)`;
