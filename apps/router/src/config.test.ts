import { ConfigError } from '@tidegate/process';
import { expect, test } from 'vitest';

import { readConfig } from './config.ts';

test('everything has a default that is safe on one machine', () => {
  const { router, policy_configurations: policies } = readConfig([], {});
  expect(router).toMatchObject({
    host: '127.0.0.1',
    listener_port: 8080,
    admin_host: '127.0.0.1',
    admin_port: 9002,
    metrics_port: 9003,
    access_logs: { enabled: true, format: 'json' },
    trace_context: true,
    server_header: 'tidegate',
    drain_delay: 1000,
    discovery: { address: 'localhost:18000', tls: { enabled: false } },
    upstream: {
      host_overrides: {},
      timeouts: { connect_timeout_ms: 5000, route_timeout_ms: 60_000, route_idle_timeout_ms: 300_000 },
    },
  });
  expect(policies).toEqual({});
});

test('the join token does not print', () => {
  const config = readConfig([], { APIP_GW_ROUTER_DISCOVERY_JOIN_TOKEN: 'join-secret' });
  expect(config.router.discovery.join_token.reveal()).toBe('join-secret');
  expect(JSON.stringify(config)).not.toContain('join-secret');
});

test.each([
  [{ APIP_GW_ROUTER_ADMIN_HOST: '0.0.0.0' }, /router\.admin_host/],
  [{ APIP_GW_ROUTER_DISCOVERY_ADDRESS: 'controller:18000' }, /router\.discovery\.tls\.enabled = true/],
])('%o refuses to start and names the setting', (env, message) => {
  expect(() => readConfig([], env)).toThrow(ConfigError);
  expect(() => readConfig([], env)).toThrow(message);
});

test('a controller elsewhere is reached over TLS', () => {
  const env = { APIP_GW_ROUTER_DISCOVERY_ADDRESS: 'controller:18000', APIP_GW_ROUTER_DISCOVERY_TLS_ENABLED: 'true' };
  expect(readConfig([], env).router.discovery.tls.enabled).toBe(true);
});
