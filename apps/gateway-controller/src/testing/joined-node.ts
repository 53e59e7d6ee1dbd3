import { Phase } from '@tidegate/gateway-ir';
import { tokenCreated } from '@tidegate/management-api';
import { waitFor } from '@tidegate/testkit';

import { SampleNode } from '../discovery/sample-node.ts';
import { GrpcServer } from '../grpc/grpc-server.ts';
import type { ControllerUnderTest } from './controller-under-test.ts';

/** A node of a gateway of the controller, connected and holding what it serves. `?wait=programmed` waits for it. */
export async function joinedNode(under: ControllerUnderTest, gateway = 'default'): Promise<SampleNode> {
  const node = new SampleNode(`127.0.0.1:${under.controller.app.get(GrpcServer, { strict: false }).port}`, `${gateway}-1`);
  const { body } = await under.call(`/gateways/${gateway}/tokens`, { method: 'POST', body: {} });
  node.connect((await node.join(tokenCreated.parse(body).token)).nodeCredential, { phase: Phase.READY });
  await waitFor(() => node.version > 0, { what: 'the first table' });
  return node;
}
