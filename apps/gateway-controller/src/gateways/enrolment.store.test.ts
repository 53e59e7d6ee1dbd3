import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { settingsOf } from '../config.ts';
import { SampleNode } from '../discovery/sample-node.ts';
import { type SampleReplica, startReplica } from '../discovery/sample-replica.ts';
import { type Fleet, openFleet, until } from '../testing/fleet.ts';

const KEY = 'an-enrolment-key-of-32-characters';

let fleet: Fleet;
let replica: SampleReplica;

beforeEach(async () => {
  fleet = await openFleet();
  replica = await startReplica(fleet.database.url, { enrolmentKey: KEY });
  fleet.closing.push(replica);
});

afterEach(() => fleet.close());

function nodeAt({ address }: SampleReplica, nodeId: string): SampleNode {
  const node = new SampleNode(address, nodeId);
  fleet.closing.push(node);
  return node;
}

test('any number of nodes join with the enrolment key, each with a credential of its own', async () => {
  const pods = ['pod-a', 'pod-b', 'pod-c'].map((id) => nodeAt(replica, id));
  const joined = await Promise.all(pods.map((pod) => pod.join(KEY)));
  expect(new Set(joined.map(({ nodeCredential }) => nodeCredential)).size).toBe(3);
  expect(joined.map(({ gatewayHandle }) => gatewayHandle)).toEqual(['default', 'default', 'default']);
  pods[0]?.connect(joined[0]?.nodeCredential ?? '');
  await until('the first listing', () => (pods[0]?.pushes.length ?? 0) > 0);
});

test('the name of a node that is alive cannot be taken; one that is gone can come back', async () => {
  const pod = nodeAt(replica, 'pod-a');
  const { nodeCredential } = await pod.join(KEY);
  pod.connect(nodeCredential);
  await until('its lease', async () => (await fleet.stored('pod-a'))?.lease_until > new Date());
  await expect(nodeAt(replica, 'pod-a').join(KEY)).rejects.toMatchObject({ code: status.ALREADY_EXISTS });

  await replica.pool.query(`UPDATE node SET lease_until = now() WHERE node_id = 'pod-a'`);
  await expect(nodeAt(replica, 'pod-a').join(KEY)).resolves.toMatchObject({ gatewayHandle: 'default' });
});

test('a wrong key is no key, and without a configured key nobody enrols', async () => {
  await expect(nodeAt(replica, 'pod-a').join(`${KEY}.`)).rejects.toMatchObject({ code: status.UNAUTHENTICATED });
  await expect(nodeAt(fleet.replica, 'pod-a').join(KEY)).rejects.toMatchObject({ code: status.UNAUTHENTICATED });
  await expect(nodeAt(fleet.replica, 'pod-a').join('')).rejects.toMatchObject({ code: status.UNAUTHENTICATED });
});

test('the enrolment key has at least 32 characters', () => {
  const withKey = (enrolment_key: string) => () => settingsOf({ controller: { discovery: { enrolment_key } } });
  expect(withKey('x'.repeat(31))).toThrow('at least 32 characters');
  expect(withKey('x'.repeat(32))).not.toThrow();
  expect(withKey('')).not.toThrow();
});
