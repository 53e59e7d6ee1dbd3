import { createHash, randomUUID } from 'node:crypto';
import type { GatewayEvent, Revision, SimulatedApi } from '../state/apim-state.ts';

/** `api.deployed` or `api.undeployed` as APIM words it (reference §2.3, §2.7). */
export function deployedEvent(
  api: SimulatedApi,
  revision: Revision,
  gatewayId: string,
  type: 'api.deployed' | 'api.undeployed' = 'api.deployed',
): GatewayEvent {
  const deploymentId = deploymentIdOf(api.id, revision.id, gatewayId);
  const performedAt = new Date().toISOString();
  return {
    type,
    payload: { apiId: api.id, deploymentId, performedAt },
    timestamp: performedAt,
    correlationId: `${type === 'api.deployed' ? 'deploy' : 'undeploy'}:${deploymentId}`,
  };
}

/** Any event, with what every event has. */
export function namedEvent(type: string, payload: unknown): GatewayEvent {
  return { type, payload, timestamp: new Date().toISOString(), correlationId: randomUUID() };
}

/** Of the gateway that the settings name. */
export const firstGatewayId = '11111111-1111-1111-1111-111111111111';

/** UUIDv3 without a namespace of "api:gateway:revision": the same revision redeployed has the same id (reference §2.7, §9). */
export function deploymentIdOf(apiId: string, revisionId: string, gatewayId: string): string {
  const hash = createHash('md5').update(`${apiId}:${gatewayId}:${revisionId}`).digest();
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x30, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = hash.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
