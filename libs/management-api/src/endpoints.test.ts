import { expect, it } from 'vitest';

import { statusesOf } from './endpoint.ts';
import { ENDPOINTS } from './endpoints.ts';

it('names every operation once', () => {
  const keys = ENDPOINTS.flatMap(({ method, path, operationId }) => [`${method} ${path}`, operationId]);
  expect(keys.filter((key, at) => keys.indexOf(key) !== at)).toEqual([]);
  for (const { operationId, path } of ENDPOINTS) {
    expect(operationId).toMatch(/^[a-z][A-Za-z0-9]+$/);
    expect(path).toMatch(/^(\/(:[A-Za-z]+|[a-z0-9.-]+(::[a-z-]+)?))+$/);
  }
});

it('answers at least one status below 400, and says all others from 400 up', () => {
  for (const { operationId, answers, refusals = [] } of ENDPOINTS) {
    const statuses = Object.keys(answers).map(Number);
    expect(statuses.length, `${operationId}:`).toBeGreaterThan(0);
    expect(Math.max(...statuses), `${operationId}:`).toBeLessThan(400);
    expect(
      refusals.every((status) => status >= 400),
      `${operationId}:`,
    ).toBe(true);
  }
});

it('adds the refusals that every operation of a kind shares', () => {
  const statuses = (operationId: string) => {
    const endpoint = ENDPOINTS.find((one) => one.operationId === operationId);
    if (endpoint === undefined) throw new Error(`no ${operationId}`);
    return statusesOf(endpoint);
  };
  expect(statuses('getHealth')).toEqual([200, 408, 421, 431, 500, 503]);
  expect(statuses('replaceRestApi')).toEqual([200, 400, 401, 403, 404, 408, 409, 412, 413, 414, 415, 421, 429, 431, 500, 503]);
});

/** Reference management-api §1.5, and decision 21: admins do everything, the viewer reads and changes nothing. */
it('keeps the role matrix', () => {
  for (const { method, path, roles, operationId } of ENDPOINTS) {
    if (roles === 'anyone') continue;
    expect(roles, `${operationId}:`).toContain('admin');
    if (method !== 'GET' && path !== '/session') expect(roles, `${operationId}:`).not.toContain('viewer');
  }
});

it.each([
  [/^\/rest-apis(\/:id)?$/, /./, ['admin', 'developer']],
  [/^\/rest-apis\/:id\/api-keys(\/:key(\/regenerate)?)?$/, /./, ['admin', 'consumer']],
  [/^\/certificates$/, /^GET$/, ['admin', 'developer']],
  [/^\/certificates(\/|$)/, /^(POST|DELETE)$/, ['admin']],
  [/^\/(subscriptions|subscription-plans|secrets)/, /^(POST|PUT|DELETE)$/, ['admin']],
])('%s %s is for %j, and for viewers to read', (path, method, roles) => {
  const wrong = ENDPOINTS.filter((endpoint) => path.test(endpoint.path) && method.test(endpoint.method)).filter(
    (endpoint) => endpoint.roles === 'anyone' || endpoint.roles.filter((role) => role !== 'viewer').join() !== roles.join(),
  );
  expect(wrong).toEqual([]);
});
