import { definePolicyRuntime } from '@tidegate/policy-sdk';

import { hostRewrite, type HostRewriteParams } from './definition.ts';

export const hostRewriteRuntime = definePolicyRuntime<HostRewriteParams>({
  definition: hostRewrite,
  build: ({ host }) => ({
    requestHeaders({ upstream }) {
      upstream.host = host;
      return undefined;
    },
  }),
});
