import { Phase } from '@tidegate/gateway-ir';
import { freshDatabase, waitFor } from '@tidegate/testkit';

import { SampleNode } from '../discovery/sample-node.ts';
import { type SampleReplica, startReplica } from '../discovery/sample-replica.ts';
import { migrate } from './migrate.ts';

export type Fleet = Awaited<ReturnType<typeof openFleet>>;

interface Joined {
  readonly node: SampleNode;
  readonly credential: string;
}

/** One controller replica on a database of its own, and the nodes that come and go with it. */
export async function openFleet() {
  const database = await freshDatabase(migrate);
  const replica = await startReplica(database.url);
  /** Ended before the replica, the last one first */
  const closing: { close(): unknown }[] = [];

  async function joined(nodeId = 'node-1', at: SampleReplica = replica): Promise<Joined> {
    const node = new SampleNode(at.address, nodeId);
    closing.push(node);
    const { token } = await at.joinTokens.issue(at.gatewayId, 3_600_000, 'test');
    const { nodeCredential } = await node.join(token);
    return { node, credential: nodeCredential };
  }

  /** A node that holds everything there is. */
  async function served(nodeId?: string): Promise<Joined> {
    const one = await joined(nodeId);
    await replica.store.catchUp(replica.gatewayId);
    one.node.connect(one.credential);
    const version = () => replica.store.version(replica.gatewayId);
    await until('the first listing', () => one.node.pushes.length > 0 && one.node.version === version());
    return one;
  }

  /** The node's row. */
  async function stored(nodeId = 'node-1') {
    const { rows } = await replica.pool.query(`SELECT *, acked_version::int AS acked FROM node WHERE node_id = $1`, [nodeId]);
    return rows[0];
  }

  async function close(): Promise<void> {
    for (const one of closing.toReversed()) await one.close();
    await replica.close();
    await database.drop();
  }

  return { database, replica, closing, joined, served, stored, close };
}

export function until(what: string, condition: () => unknown): Promise<unknown> {
  return waitFor(condition, { what });
}

export function heartbeatOf({ epoch, version, hash }: SampleNode) {
  const held = { epoch, version, tableHash: Buffer.from(hash) };
  return {
    sequence: 1,
    phase: Phase.READY,
    ...held,
    inFlight: 0,
    rssBytes: 7,
    loopDelayMs: 0,
    issues: [],
    nowMs: 0,
    inFlightByEnvironment: {},
    traffic: undefined,
  };
}
