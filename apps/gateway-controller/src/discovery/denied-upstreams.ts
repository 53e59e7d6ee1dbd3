import { isIP } from 'node:net';

import type { ApiRoutes } from '@tidegate/gateway-ir';
import type { Diagnostic, RestApiDocument } from '@tidegate/rest-api';

/** Upstreams that are addresses where nobody may connect to, each at the field that names it. Names are for routers to look at. */
export function deniedUpstreams(
  { spec }: RestApiDocument,
  { upstreams }: ApiRoutes,
  isDenied: (address: string) => boolean,
): Diagnostic[] {
  const definitions = spec.upstreamDefinitions ?? [];
  return upstreams.flatMap(({ name, targets }) => {
    const ref = name === 'main' || name === 'sandbox' ? spec.upstream[name]?.ref : name;
    const definition = definitions.findIndex((each) => each.name === ref);
    return targets.flatMap(({ host }, at) => {
      if (isIP(host) === 0 || !isDenied(host)) return [];
      const path = definition < 0 ? `spec.upstream.${name}.url` : `spec.upstreamDefinitions[${definition}].upstreams[${at}].url`;
      const message = `${host} is in a network that this gateway does not connect to (router.upstream.denied_networks)`;
      return [{ path, code: 'denied', message }];
    });
  });
}
