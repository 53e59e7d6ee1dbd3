import type { ControlplaneSettings } from '@tidegate/sync-link';
import { z } from 'zod';

import type { ExchangeResult } from '../apim/exchange.ts';

export const WELL_KNOWN = '/internal/gateway/.well-known';

/** The path APIM serves gateways under; used when `mode = onprem` is said and the well-known document is not there. */
const ONPREM_PATH = '/internal/data/v1';

export type Discovery =
  | { readonly kind: 'onprem'; readonly gatewayPath: string }
  /** A control plane that says nothing of on-prem */
  | { readonly kind: 'cloud'; readonly why: string }
  /** Nobody knows yet; ask again */
  | { readonly kind: 'unknown'; readonly reason: 'undiscovered' | 'unreachable'; readonly why: string };

/**
 * What the well-known exchange says about the control plane. Pure.
 * WSO2's gateway takes every failure for "cloud" and then dies of a 404 while APIM is still starting; here only a readable answer
 * without a gateway path is one, and everything else is asked again.
 */
export function readDiscovery(result: ExchangeResult, mode: ControlplaneSettings['mode']): Discovery {
  if (mode === 'cloud') return { kind: 'cloud', why: 'controller.controlplane.mode = "cloud"' };
  if (result.kind === 'no-answer') return { kind: 'unknown', reason: 'unreachable', why: result.message };
  const said = result.status === 200 ? readWellKnown(result.body) : null;
  if (said !== null && said !== '') return { kind: 'onprem', gatewayPath: said };
  if (result.status >= 500 || result.status === 429)
    return { kind: 'unknown', reason: 'unreachable', why: `${WELL_KNOWN} answered HTTP ${result.status}` };
  if (mode === 'onprem') return { kind: 'onprem', gatewayPath: ONPREM_PATH };
  if (said === '') return { kind: 'cloud', why: `${WELL_KNOWN} names no gatewayPath` };
  return {
    kind: 'unknown',
    reason: 'undiscovered',
    why: `${WELL_KNOWN} answered HTTP ${result.status}${result.status === 200 ? ' without a JSON object' : ''}`,
  };
}

/** `internal/data/v1`, `/internal/data/v1` and `/internal/data/v1/` are equal. '' = an answer without a path; null = not an answer. */
export function readWellKnown(body: string): string | null {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return null;
  }
  const parsed = wellKnown.safeParse(value);
  if (!parsed.success) return null;
  const path = (parsed.data.gatewayPath ?? '')
    .trim()
    .replaceAll(/^\/+|\/+$/g, '')
    .trim();
  if (path === '') return '';
  // It becomes part of a URL that carries the registration token.
  return /^[A-Za-z0-9._~/-]+$/.test(path) ? `/${path}` : null;
}

const wellKnown = z.object({ gatewayPath: z.string().nullish() });

export function connectUrl(host: string, gatewayPath: string): string {
  return `wss://${host}${gatewayPath}/ws/gateways/connect`;
}
