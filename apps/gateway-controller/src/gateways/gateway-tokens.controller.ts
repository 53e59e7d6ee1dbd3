import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import {
  type JoinTokenAnswer,
  type JoinTokenRequest,
  joinTokenRequest,
  type TokenList,
  type TokenRequest,
  tokenRequest,
} from '@tidegate/management-api';

import type { ControllerConfig } from '../config.ts';
import type { Caller } from '../http/access.ts';
import { bodyOf } from '../http/body.ts';
import { CalledBy } from '../http/caller.ts';
import { CONFIG } from '../settings.module.ts';
import { INSTALLATION, type Installation } from './first-boot.ts';
import { GatewaysService } from './gateways.service.ts';
import { installCommands } from './install-commands.ts';
import { JoinTokens } from './join-tokens.ts';

/** How a machine becomes a node. A token is shown once, and used once (decision 27). */
@Controller(['gateways', 'api/management/v1/gateways'])
export class GatewayTokensController {
  readonly #gateways: GatewaysService;
  readonly #joinTokens: JoinTokens;
  readonly #config: ControllerConfig;
  readonly #installation: Installation;

  constructor(
    @Inject(GatewaysService) gateways: GatewaysService,
    @Inject(JoinTokens) joinTokens: JoinTokens,
    @Inject(CONFIG) config: ControllerConfig,
    @Inject(INSTALLATION) installation: Installation,
  ) {
    this.#gateways = gateways;
    this.#joinTokens = joinTokens;
    this.#config = config;
    this.#installation = installation;
  }

  @Post(':id/join-tokens')
  async joinToken(
    @Param('id') id: string,
    @Body(bodyOf(joinTokenRequest, {})) { expiresIn }: JoinTokenRequest,
    @CalledBy() caller: Caller,
  ): Promise<JoinTokenAnswer> {
    const gateway = await this.#gateways.one(id);
    const { token, expiresAt } = await this.#joinTokens.issue(gateway.id, expiresIn, caller.id);
    return { status: 'success', token, expiresAt: expiresAt.toISOString(), gatewayId: gateway.id, gatewayHandle: gateway.handle };
  }

  /** With the commands that use it, for the page that shows them. */
  @Post(':id/tokens')
  async token(
    @Param('id') id: string,
    @Body(bodyOf(tokenRequest, {})) { validMinutes }: TokenRequest,
    @CalledBy() caller: Caller,
  ) {
    const gateway = await this.#gateways.one(id);
    const issued = await this.#joinTokens.issue(gateway.id, validMinutes * 60_000, caller.id);
    const { discovery, fleet, server } = this.#config.controller;
    const target = {
      token: issued.token,
      discoveryAddress: fleet.discovery_address === '' ? `localhost:${this.#config.grpcPort}` : fleet.discovery_address,
      tls: server.grpc_tls.cert_file !== '',
      image: fleet.router_image,
      gatewayHandle: gateway.handle,
      enrols: discovery.enrolment_key.reveal() !== '' && gateway.id === this.#installation.gatewayId,
    };
    return {
      status: 'success' as const,
      id: issued.id,
      token: issued.token,
      expiresAt: issued.expiresAt.toISOString(),
      gatewayId: gateway.id,
      gatewayHandle: gateway.handle,
      commands: installCommands(target),
    };
  }

  @Get(':id/tokens')
  async tokens(@Param('id') id: string): Promise<TokenList> {
    const stored = await this.#joinTokens.list((await this.#gateways.one(id)).id);
    const tokens = stored.map(({ createdAt, expiresAt, usedAt, ...token }) => ({
      ...token,
      createdAt: createdAt.toISOString(),
      expiresAt: expiresAt.toISOString(),
      usedAt: usedAt?.toISOString() ?? null,
    }));
    return { status: 'success', count: tokens.length, total: tokens.length, limit: tokens.length, offset: 0, tokens };
  }

  /** Nodes that joined with it stay; their credentials are revoked one by one. */
  @Delete(':id/tokens/:tokenId')
  @HttpCode(200)
  async revoke(@Param('id') id: string, @Param('tokenId') tokenId: string) {
    await this.#joinTokens.remove((await this.#gateways.one(id)).id, tokenId);
    return { status: 'success', message: 'Token revoked', id: tokenId };
  }
}
