import { readFileSync } from 'node:fs';

import { plainApi, type StackClient } from '../../test/stack-client.ts';
import type { Stack } from '../dev/stack.ts';

/** What the pictures show: a small shop's APIs, gateways, environments and migrations, with one of everything. Answers the migration's id. */
export async function seedPictures(stack: Stack, client: StackClient): Promise<string> {
  const make = async (path: string, body: object): Promise<Record<string, string>> => {
    const { status, body: answer } = await client.manage('POST', path, body);
    if (status >= 300) throw new Error(`POST ${path}: ${status} ${JSON.stringify(answer)}`);
    return answer as unknown as Record<string, string>;
  };
  const policies = [
    { name: 'rate-limit', version: 'v1', params: { limit: 1000, window: 60 } },
    { name: 'set-headers', version: 'v1', params: { request: { headers: [{ name: 'x-shop', value: 'tidegate' }] } } },
  ];
  await make('/rest-apis', api('petstore', 'Petstore', {}));
  await make('/rest-apis', api('orders', 'Orders', { policies }));
  await make(
    '/rest-apis',
    api('inventory', 'Inventory', {
      policies: [{ name: 'api-key-auth', version: 'v1', params: { key: 'X-API-Key', in: 'header' } }],
    }),
  );
  await make('/rest-apis', api('billing', 'Billing', { upstream: { main: { url: 'http://127.0.0.1:9' } } }));
  await make('/gateways', { name: 'eu-west', displayName: 'EU West', publicUrl: 'https://api.eu.example.com' });
  await make('/gateways', { name: 'us-east', displayName: 'US East', publicUrl: 'https://api.us.example.com' });
  for (const name of ['staging', 'qa', 'demo', 'sandbox']) await make('/environments', { name, paths: { rest: name } });
  const { id: planId } = await make('/subscription-plans', {
    planName: 'Gold',
    throttleLimitCount: 10_000,
    throttleLimitUnit: 'Day',
  });
  await make('/subscription-plans', { planName: 'Trial', throttleLimitCount: 10, throttleLimitUnit: 'Min' });
  await make('/subscriptions', {
    apiId: 'orders',
    applicationId: 'web-shop',
    subscriptionToken: 'token-1',
    subscriptionPlanId: planId,
  });
  await make('/secrets', {
    kind: 'Secret',
    metadata: { name: 'erp-password' },
    spec: { displayName: 'Password of the ERP', value: 'x' },
  });
  await make('/certificates', { name: 'partner-ca', certificate: readFileSync(stack.files.devCa, 'utf8') });
  await make('/rest-apis/inventory/api-keys', { name: 'mobile-app' });
  await make('/rest-apis/orders/deployments', {
    environmentId: 'staging',
    upstreams: { main: { url: 'https://staging.example.com' } },
  });
  const { id } = await make('/environment-migrations', { environmentId: 'staging' });
  const { body } = await client.manage('GET', '/gateways');
  const gateways = (body as unknown as { gateways: { id: string; handle: string }[] }).gateways;
  const gatewayId = gateways.find(({ handle }) => handle === 'eu-west')?.id;
  await client.manage('PUT', `/environment-migrations/${id}/steps/1`, { destination: { gatewayId } });
  return id ?? '';
}

function api(name: string, displayName: string, spec: object): object {
  const operations = [
    { method: 'GET', path: '/pet/{petId}' },
    { method: 'GET', path: '/pet/findByStatus' },
    { method: 'POST', path: '/pet' },
  ];
  return plainApi(name, { displayName, context: `/${name}`, operations, ...spec });
}
