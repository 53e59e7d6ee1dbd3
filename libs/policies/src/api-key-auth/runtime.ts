import { type ApiKeyRecord, definePolicyRuntime, type Exchange, jsonResponse, type Verdict } from '@tidegate/policy-sdk';
import { z } from 'zod';

import { apiKeyAuth, type ApiKeyAuthParams } from './definition.ts';

/** Whatever is wrong with a key, the answer is the same: it tells nothing about which keys exist. */
const REFUSED = jsonResponse(401, '{"error":"Unauthorized","message":"Valid API key required"}');

/** `[policy_configurations.api-key-auth_v1]`; with an issuer only keys of that issuer are accepted. */
const settingsSchema = z.object({ issuer: z.string().default('') });

export const apiKeyAuthRuntime = definePolicyRuntime<ApiKeyAuthParams>({
  definition: apiKeyAuth,
  build(params, { api, keys, settings }) {
    const { issuer } = settingsSchema.parse(settings);
    const source = params.in === 'header' ? headerSource(params.key.toLowerCase()) : querySource(params.key);
    const prefix = (params.valuePrefix ?? '').toLowerCase();
    return {
      requestHeaders(exchange): Verdict {
        const value = source.read(exchange);
        const presented = value === undefined ? null : withoutPrefix(value, prefix);
        if (presented === null) return REFUSED;
        const key = keys.find(api.id, presented);
        if (key === null || (issuer !== '' && key.issuer !== issuer)) return REFUSED;
        source.remove(exchange);
        authenticate(exchange, key);
        return undefined;
      },
    };
  },
});

interface KeySource {
  read(exchange: Exchange): string | undefined;
  remove(exchange: Exchange): void;
}

function headerSource(name: string): KeySource {
  return {
    read: (exchange) => exchange.requestHeader(name),
    remove: (exchange) => exchange.removeUpstreamHeader(name),
  };
}

function querySource(name: string): KeySource {
  return {
    read: (exchange) => exchange.queryParameter(name),
    remove: (exchange) => exchange.removeUpstreamQueryParameter(name),
  };
}

/** The key without prefix (given in lower case) and surrounding white space; `null` = not of that form, or empty. */
function withoutPrefix(value: string, prefix: string): string | null {
  if (prefix !== '' && value.slice(0, prefix.length).toLowerCase() !== prefix) return null;
  const presented = value.slice(prefix.length).trim();
  return presented === '' ? null : presented;
}

function authenticate(exchange: Exchange, key: ApiKeyRecord): void {
  exchange.auth = {
    type: 'apikey',
    subject: key.id,
    properties: {
      keyName: key.name,
      createdBy: key.createdBy,
      applicationId: key.applicationId,
      applicationName: key.applicationName,
    },
    previous: exchange.auth,
  };
  // Read by subscription-validation, under the name WSO2's policies use.
  if (key.applicationId !== '') exchange.metadata.set('x-wso2-application-id', key.applicationId);
}
