import { expect, test } from 'vitest';
import { controlplaneSettings } from './controlplane-settings.ts';

test('an empty table is a valid configuration: no control plane', () => {
  const settings = controlplaneSettings.parse({});
  expect(settings).toMatchObject({ host: '', mode: 'auto', attempts_max: 3, insecure_skip_verify: false, http_timeout: 30_000 });
  expect(settings.token.reveal()).toBe('');
});

test("the guide's table", () => {
  const settings = controlplaneSettings.parse({
    host: '192.168.0.102:9443',
    insecure_skip_verify: true,
    apim_oauth2_client_id: '<clientId>',
    apim_oauth2_client_secret: '<clientSecret>',
    gateway_name: 'onprem-gw',
  });
  expect(settings.apim_oauth2_client_secret.reveal()).toBe('<clientSecret>');
  expect(JSON.stringify(settings)).not.toContain('clientSecret>');
});

test.each(['localhost:9443', '127.0.0.1', '[::1]:9443', 'apim.example.com', ''])('host %j is an authority', (host) => {
  expect(controlplaneSettings.safeParse({ host }).success).toBe(true);
});

test.each(['https://apim:9443', 'apim:9443/path', 'user@apim', 'apim:port'])('host %j is refused', (host) => {
  expect(controlplaneSettings.safeParse({ host }).success).toBe(false);
});

test.each([
  [{ token: 'abc' }, 'host', 'is required when controlplane.token is set'],
  [{ reconnect_initial: '2m', reconnect_max: '1m' }, 'reconnect_initial', 'must not be above reconnect_max'],
  [{ polling_interval: '0s' }, 'polling_interval', 'must be more than 0'],
])('%j is refused at %s', (table, path, message) => {
  const result = controlplaneSettings.safeParse(table);
  expect(result.error?.issues).toMatchObject([{ path: [path], message }]);
});
