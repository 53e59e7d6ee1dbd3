import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import type { GatewayNode, NodeList } from '@tidegate/management-api';

import { conflict, notFound } from '../http/api-error.ts';
import { noBody } from '../http/body.ts';
import { Fleet } from './fleet.ts';
import { GatewaysService } from './gateways.service.ts';
import { NodeCredentials } from './node-credentials.ts';
import { Nodes } from './nodes.ts';

/** The routers of a gateway: how each is, and who may be one no longer. */
@Controller(['gateways', 'api/management/v1/gateways'])
export class GatewayNodesController {
  readonly #fleet: Fleet;
  readonly #gateways: GatewaysService;
  readonly #nodes: Nodes;
  readonly #credentials: NodeCredentials;

  constructor(
    @Inject(Fleet) fleet: Fleet,
    @Inject(GatewaysService) gateways: GatewaysService,
    @Inject(Nodes) nodes: Nodes,
    @Inject(NodeCredentials) credentials: NodeCredentials,
  ) {
    this.#fleet = fleet;
    this.#gateways = gateways;
    this.#nodes = nodes;
    this.#credentials = credentials;
  }

  @Get(':id/nodes')
  async list(@Param('id') id: string): Promise<NodeList> {
    const { nodes } = await this.#fleet.item(await this.#gateways.one(id, { deleted: true }));
    return { status: 'success', count: nodes.length, total: nodes.length, limit: nodes.length, offset: 0, nodes };
  }

  /** Forgets a node and everything that lets it in: a running one loses its stream at once and must join anew. */
  @Delete(':id/nodes/:nodeId')
  @HttpCode(200)
  async forget(@Param('id') id: string, @Param('nodeId') nodeId: string) {
    const gateway = await this.#gateways.one(id);
    const { nodes } = await this.#fleet.item(gateway);
    const node = known(nodes, nodeId);
    if (node.state === 'ONLINE' && !nodes.some((other) => other.id !== nodeId && other.state === 'ONLINE'))
      throw conflict('LAST_NODE', `Node '${nodeId}' is the only one that serves; stop it first, or delete the gateway`);
    await this.#credentials.revoke(gateway.id, nodeId);
    await this.#nodes.forget(gateway.id, nodeId);
    return { status: 'success', message: 'Node forgotten', id: nodeId };
  }

  /** Its streams close within a second on every replica; it goes on serving what it has, and needs a new join token. */
  @Post(':id/nodes/:nodeId/revoke')
  @HttpCode(200)
  async revoke(@Body(noBody) _: object, @Param('id') id: string, @Param('nodeId') nodeId: string) {
    const gateway = await this.#gateways.one(id);
    known((await this.#fleet.item(gateway)).nodes, nodeId);
    const revoked = await this.#credentials.revoke(gateway.id, nodeId);
    return { status: 'success', message: 'Node credentials revoked', id: nodeId, revoked };
  }
}

function known(nodes: readonly GatewayNode[], nodeId: string): GatewayNode {
  const node = nodes.find(({ id }) => id === nodeId);
  if (node === undefined) throw notFound(`Node '${nodeId}' not found`);
  return node;
}
