import { Secret } from '@tidegate/process';
import { expect, test } from 'vitest';

import { signWebhook } from './sign-webhook.ts';

const secret = new Secret('a secret of many letters');

test('signs time and body together', () => {
  const signed = signWebhook(secret, 1_764_000_000, '{"a":1}');
  expect(signed).toMatch(/^t=1764000000,v1=[0-9a-f]{64}$/);
  expect(signWebhook(secret, 1_764_000_001, '{"a":1}')).not.toBe(signed.replace('1764000000', '1764000001'));
  expect(signWebhook(secret, 1_764_000_000, '{"a":2}')).not.toBe(signed);
  expect(signWebhook(new Secret('another'), 1_764_000_000, '{"a":1}')).not.toBe(signed);
});

// printf 7.body | openssl dgst -sha256 -hmac 'a secret of many letters'
test('is what openssl computes', () => {
  expect(signWebhook(secret, 7, 'body')).toBe('t=7,v1=3faac02f356e3f128fe548ba5772171b0ad2b18c75da14d6c8ba5edd0f509fa2');
});
