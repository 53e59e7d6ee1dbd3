import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { type DeploymentDeleted, type DeploymentList, type DeploymentRequest, deploymentRequest } from '@tidegate/management-api';

import { bodyOf } from '../http/body.ts';
import { type Wait, WaitFor } from '../http/wait.ts';
import { Receipts } from '../rest-apis/receipts.ts';
import { DeploymentsService } from './deployments.service.ts';

/** In which environments an API is. */
@Controller(['rest-apis', 'api/management/v1/rest-apis'])
export class DeploymentsController {
  readonly #deployments: DeploymentsService;
  readonly #receipts: Receipts;

  constructor(@Inject(DeploymentsService) deployments: DeploymentsService, @Inject(Receipts) receipts: Receipts) {
    this.#deployments = deployments;
    this.#receipts = receipts;
  }

  @Get(':id/deployments')
  async list(@Param('id') id: string): Promise<DeploymentList> {
    const deployments = await this.#deployments.list(id);
    const { length } = deployments;
    return { status: 'success', count: length, total: length, limit: length, offset: 0, deployments };
  }

  @Post(':id/deployments')
  async deploy(
    @Param('id') id: string,
    @Body(bodyOf(deploymentRequest)) request: DeploymentRequest,
    @WaitFor() wait: Wait | null,
  ) {
    const written = await this.#deployments.deploy(id, request);
    const propagation = await this.#receipts.programmed(written, wait);
    return { ...written.result, ...(propagation === null ? {} : { propagation }) };
  }

  @Delete(':id/deployments/:environmentId')
  @HttpCode(200)
  async undeploy(
    @Param('id') id: string,
    @Param('environmentId') environmentId: string,
    @WaitFor() wait: Wait | null,
  ): Promise<DeploymentDeleted> {
    const written = await this.#deployments.undeploy(id, environmentId);
    const propagation = await this.#receipts.programmed(written, wait);
    const gone = { status: 'success' as const, message: 'Deployment removed', id: written.result };
    return { ...gone, ...(propagation === null ? {} : { propagation }) };
  }
}
