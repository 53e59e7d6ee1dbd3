import { timingSafeEqual } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import type { ControllerConfig } from '../config.ts';
import { CONFIG } from '../settings.module.ts';
import { INSTALLATION, type Installation } from './first-boot.ts';
import { type IssuedCredential, NodeCredentials } from './node-credentials.ts';
import { tokenDigest } from './token.ts';

/** What an enrolment came to. `held` = a node of that id is alive; it keeps its name. */
export type Enrolment = { readonly is: 'issued'; readonly issued: IssuedCredential } | { readonly is: 'held' };

/**
 * The key of a fleet that scales by itself (ADR 0010): whoever presents it becomes a node of this installation's own gateway. A join
 * token serves one node within a day; an autoscaler starts nodes at any time and nobody is there to make one.
 */
@Injectable()
export class EnrolmentKey {
  readonly #dataSource: DataSource;
  readonly #credentials: NodeCredentials;
  readonly #gatewayId: string;
  /** `null` = no key is configured, nobody enrols */
  readonly #digest: Buffer | null;

  constructor(
    @Inject(DataSource) dataSource: DataSource,
    @Inject(NodeCredentials) credentials: NodeCredentials,
    @Inject(INSTALLATION) installation: Installation,
    @Inject(CONFIG) config: { readonly controller: Pick<ControllerConfig['controller'], 'discovery'> },
  ) {
    const key = config.controller.discovery.enrolment_key.reveal();
    this.#dataSource = dataSource;
    this.#credentials = credentials;
    this.#gatewayId = installation.gatewayId;
    this.#digest = key === '' ? null : tokenDigest(key);
  }

  /** `null`: not our key. Compared as digests, in constant time. */
  async enrol(presented: string, nodeId: string): Promise<Enrolment | null> {
    if (this.#digest === null || !timingSafeEqual(tokenDigest(presented), this.#digest)) return null;
    const [alive] = await this.#dataSource.query<unknown[]>(
      `SELECT 1 FROM node WHERE gateway_id = $1 AND node_id = $2 AND lease_until > now()`,
      [this.#gatewayId, nodeId],
    );
    if (alive !== undefined) return { is: 'held' };
    return { is: 'issued', issued: await this.#credentials.issue(null, this.#gatewayId, nodeId) };
  }
}
