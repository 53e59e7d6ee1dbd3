import { type LinkStateRequest, Mode } from '@tidegate/sync-link';

/** Where the way to the control plane stands. `up` = it is on-prem, answers, and gives us tokens. */
export type HttpLink =
  | { readonly phase: 'not-configured' }
  /** Nothing is pushed there; what it deploys comes down */
  | { readonly phase: 'cloud'; readonly why: string }
  | {
      readonly phase: 'looking';
      readonly reason: 'undiscovered' | 'unreachable';
      readonly why: string;
      readonly wasOnprem: boolean;
    }
  | { readonly phase: 'blocked'; readonly why: string }
  | { readonly phase: 'up'; readonly gatewayPath: string };

/** Of the WebSocket; `unused` = no registration token, or another worker is the connector. */
export type SocketLink =
  | { readonly phase: 'unused' }
  | { readonly phase: 'connected' }
  | { readonly phase: 'down'; readonly reason: 'connecting' | 'registration_token' | 'websocket_down'; readonly why: string };

/** Pushing needs HTTP, not the WebSocket (reference §7.1 row 25). */
export function mayPush(http: HttpLink): boolean {
  return http.phase === 'up';
}

/** Where the control plane serves gateways; null = it is not known, or out of reach. */
export function gatewayBase(http: HttpLink): string | null {
  if (http.phase === 'cloud') return CLOUD_PATH;
  return http.phase === 'up' ? http.gatewayPath : null;
}

/** Of WSO2's cloud control plane (reference §0). */
const CLOUD_PATH = '/api/internal/v1';

/** "Connected": the WebSocket is up or, without one, the last exchange with APIM succeeded (decision 13). */
export function isConnected(http: HttpLink, socket: SocketLink): boolean {
  if (http.phase === 'cloud') return socket.phase === 'connected';
  return http.phase === 'up' && (socket.phase === 'connected' || socket.phase === 'unused');
}

/** What the controller is told. Pure. */
export function linkStateRequest(workerId: string, host: string, http: HttpLink, socket: SocketLink): LinkStateRequest {
  const base = {
    workerId,
    host,
    configured: http.phase !== 'not-configured',
    connected: isConnected(http, socket),
    blocked: http.phase === 'blocked',
  };
  const fine = { reason: '', message: '' };
  switch (http.phase) {
    case 'not-configured':
      return { ...base, ...fine, mode: Mode.UNKNOWN };
    case 'cloud':
      if (socket.phase === 'down') return { ...base, mode: Mode.CLOUD, reason: socket.reason, message: socket.why };
      return { ...base, mode: Mode.CLOUD, reason: 'cloud_not_supported', message: http.why };
    case 'looking':
      return { ...base, mode: http.wasOnprem ? Mode.ONPREM : Mode.UNKNOWN, reason: http.reason, message: http.why };
    case 'blocked':
      return { ...base, mode: Mode.ONPREM, reason: 'credentials', message: http.why };
    case 'up':
      return { ...base, mode: Mode.ONPREM, ...(socket.phase === 'down' ? { reason: socket.reason, message: socket.why } : fine) };
  }
}
