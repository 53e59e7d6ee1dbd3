import type { Endpoint } from './endpoint.ts';
import { apiKeyEndpoints } from './endpoints/api-keys.ts';
import { certificateEndpoints } from './endpoints/certificates.ts';
import { documentationEndpoints } from './endpoints/documentation.ts';
import { environmentEndpoints } from './endpoints/environments.ts';
import { migrationEndpoints } from './endpoints/environment-migrations.ts';
import { fleetEndpoints } from './endpoints/fleet.ts';
import { gatewayEndpoints } from './endpoints/gateways.ts';
import { healthEndpoints } from './endpoints/health.ts';
import { historyEndpoints } from './endpoints/history.ts';
import { notificationEndpoints } from './endpoints/notifications.ts';
import { restApiEndpoints } from './endpoints/rest-apis.ts';
import { secretEndpoints } from './endpoints/secrets.ts';
import { setEndpoints } from './endpoints/sets.ts';
import { subscriptionEndpoints } from './endpoints/subscriptions.ts';
import { syncEndpoints } from './endpoints/sync.ts';
import { runtimeEndpoints } from './endpoints/runtimes.ts';
import { sessionEndpoints } from './endpoints/session.ts';
import { verifyEndpoints } from './endpoints/verify.ts';
import { trafficEndpoints } from './endpoints/traffic.ts';

/** Everything the management API serves, below either base path. A route that is not here answers 403. */
export const ENDPOINTS: readonly Endpoint[] = [
  ...apiKeyEndpoints,
  ...certificateEndpoints,
  ...documentationEndpoints,
  ...environmentEndpoints,
  ...migrationEndpoints,
  ...fleetEndpoints,
  ...gatewayEndpoints,
  ...healthEndpoints,
  ...historyEndpoints,
  ...notificationEndpoints,
  ...restApiEndpoints,
  ...secretEndpoints,
  ...runtimeEndpoints,
  ...setEndpoints,
  ...subscriptionEndpoints,
  ...syncEndpoints,
  ...sessionEndpoints,
  ...verifyEndpoints,
  ...trafficEndpoints,
];
