import type { RuntimeSection } from '@tidegate/gateway-ir';
import { Inject, Injectable } from '@nestjs/common';
import { type GatewayPatch, gatewayPatch, type SettingsAnswer, type SettingsRequest } from '@tidegate/management-api';
import { DataSource } from 'typeorm';

import type { Db } from '../environments/deployment-targets.ts';
import type { GatewayRow } from '../gateways/gateways.queries.ts';
import { GatewaysService } from '../gateways/gateways.service.ts';
import { ringOrders } from '../gateways/node-commands.ts';
import { badRequest, notFound } from '../http/api-error.ts';
import { fieldError } from '../http/body.ts';
import { refuseUnlessMatching } from '../rest-apis/if-match.ts';
import { isOfSection, propertyValues, sectionSchema, shownValue } from './property-values.ts';

type Answer = Omit<SettingsAnswer, 'operation'>;

/** Properties that users set while routers run: what is wanted is stored here, what is in effect is what routers report. */
@Injectable()
export class GatewaySettings {
  readonly #dataSource: DataSource;
  readonly #db: Db;
  readonly #gateways: GatewaysService;

  constructor(@Inject(DataSource) dataSource: DataSource, @Inject(GatewaysService) gateways: GatewaysService) {
    this.#dataSource = dataSource;
    this.#db = dataSource.manager;
    this.#gateways = gateways;
  }

  /** @throws ApiError 404 for a gateway or a section there is not */
  async read(gatewayId: string, section: string): Promise<Answer> {
    const gateway = await this.#gateways.one(gatewayId);
    if (section === 'location') return locationAnswer(gateway);
    const known = sectionOf(section);
    const { values, revision } = await settingsOf(this.#db, gateway.id);
    const nodes = await this.#db.query<StoredNode[]>(NODES, [gateway.id]);
    return propertiesAnswer(known, { values, revision, nodes });
  }

  /** Replaces the section. @throws ApiError 400 naming every property that is wrong, 404, 412 */
  async write(gatewayId: string, section: string, request: SettingsRequest, ifMatch: string | undefined): Promise<Answer> {
    const gateway = await this.#gateways.one(gatewayId);
    if (section === 'location') {
      await this.#gateways.update(gateway.id, locationPatch(request), ifMatch);
      return this.read(gateway.id, section);
    }
    const known = sectionOf(section);
    const { values, errors } = propertyValues(known, request.values);
    if (errors.length > 0)
      throw badRequest('invalid_request', errors.map(({ field, message }) => `${field} ${message}`).join('; '), errors);
    await this.#dataSource.transaction(async (tx) => {
      await tx.query(`SELECT 1 FROM gateway WHERE id = $1 AND deleted_at IS NULL FOR UPDATE`, [gateway.id]);
      const stored = await settingsOf(tx, gateway.id);
      refuseUnlessMatching(ifMatch, stored.revision);
      const others = Object.entries(stored.values).filter(([name]) => !isOfSection(known, name));
      await tx.query(`UPDATE gateway SET settings = $2, settings_revision = settings_revision + 1 WHERE id = $1`, [
        gateway.id,
        JSON.stringify({ ...Object.fromEntries(others), ...values }),
      ]);
      await ringOrders(tx);
    });
    return this.read(gateway.id, section);
  }
}

interface StoredNode {
  readonly id: string;
  readonly live: boolean;
  readonly revision: number;
  readonly effective: Record<string, string>;
  readonly waiting: string[];
  readonly refused: string[];
}

const NODES = `
  SELECT node_id AS id, coalesce(lease_until > now(), false) AS live, settings_revision::int AS revision, effective_settings AS effective,
         settings_waiting AS waiting, settings_refused AS refused
  FROM node WHERE gateway_id = $1 ORDER BY node_id`;

async function settingsOf(db: Db, gatewayId: string): Promise<{ values: Record<string, string>; revision: number }> {
  const [row] = await db.query<{ settings: Record<string, string>; settings_revision: string }[]>(
    `SELECT settings, settings_revision FROM gateway WHERE id = $1`,
    [gatewayId],
  );
  return { values: row?.settings ?? {}, revision: Number(row?.settings_revision ?? 1) };
}

interface Stored {
  readonly values: Readonly<Record<string, string>>;
  readonly revision: number;
  readonly nodes: readonly StoredNode[];
}

/** A restart is needed where a property of this section waits on a router that is there. */
function propertiesAnswer(section: RuntimeSection, { values, revision, nodes }: Stored): Answer {
  const schema = sectionSchema(section);
  const desired = Object.fromEntries(
    Object.entries(values)
      .filter(([name]) => isOfSection(section, name))
      .map(([name, text]) => [name, shownValue(name, text)]),
  );
  const own = nodes.map((node) => ({
    ...node,
    effective: Object.fromEntries(Object.entries(node.effective).filter(([name]) => isOfSection(section, name))),
    waiting: node.waiting.filter((name) => isOfSection(section, name)),
    refused: node.refused.filter((name) => isOfSection(section, name)),
  }));
  const live = own.filter((node) => node.live);
  const names = new Set([...schema.map(({ name }) => name), ...Object.keys(desired)]);
  return {
    status: 'success',
    section,
    revision,
    desired,
    effective: Object.fromEntries([...names].map((name) => [name, common(name, live)])),
    restartRequired: live.some(({ waiting }) => waiting.length > 0),
    nodes: own,
    schema,
  };
}

function common(name: string, nodes: readonly StoredNode[]): string | number | boolean | null {
  const [first, ...others] = new Set(nodes.map(({ effective }) => effective[name]));
  return first === undefined || others.length > 0 ? null : shownValue(name, first);
}

const LOCATION = ['publicUrl', 'bindAddress', 'hostName', 'healthCheckPath'] as const;

/** Where clients find the gateway: facts about it, which no router has to be told. */
function locationAnswer(gateway: GatewayRow): Answer {
  const values = Object.fromEntries(LOCATION.map((name) => [name, gateway[name]]));
  const schema = LOCATION.map((name) => ({
    name,
    type: 'text' as const,
    max: name.endsWith('Url') || name === 'bindAddress' ? 512 : 255,
    restartRequired: false,
    description: LOCATION_TEXTS[name],
  }));
  const { rowVersion: revision } = gateway;
  return {
    status: 'success',
    section: 'location',
    revision,
    desired: values,
    effective: values,
    restartRequired: false,
    nodes: [],
    schema,
  };
}

const LOCATION_TEXTS: Readonly<Record<(typeof LOCATION)[number], string>> = {
  publicUrl: 'What clients call; without one the bind address is shown',
  bindAddress: 'Where routers listen, as an operator has set them up',
  hostName: 'Of the service or balancer in front; without one that of the router that is ready for longest',
  healthCheckPath: 'What a balancer asks',
};

function locationPatch({ values }: SettingsRequest): GatewayPatch {
  const unknown = Object.keys(values).filter((name) => !(LOCATION as readonly string[]).includes(name));
  const parsed = gatewayPatch.safeParse(values);
  const errors = [
    ...unknown.map((name) => ({
      field: `values.${name}`,
      code: 'unknown_field',
      message: `there is no such property of location`,
    })),
    ...(parsed.success ? [] : parsed.error.issues.map(fieldError).map((one) => ({ ...one, field: `values.${one.field}` }))),
  ];
  if (errors.length > 0 || !parsed.success)
    throw badRequest('invalid_request', errors.map(({ field, message }) => `${field} ${message}`).join('; '), errors);
  return parsed.data;
}

function sectionOf(section: string): RuntimeSection {
  if (section === 'properties' || section === 'execution') return section;
  throw notFound(`There is no section '${section.slice(0, 64)}' of settings; there are properties, execution and location`);
}
