import { ModulesContainer } from '@nestjs/core';
import { PATH_METADATA, METHOD_METADATA } from '@nestjs/common/constants.js';
import { RequestMethod } from '@nestjs/common';
import { ENDPOINTS, ROLES } from '@tidegate/management-api';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { type ControllerUnderTest, controllerUnderTest } from '../testing/controller-under-test.ts';
import { BASE_PATHS } from './access.ts';

let under: ControllerUnderTest;

beforeAll(async () => {
  under = await controllerUnderTest();
});

afterAll(() => under.close());

const DECLARED = BASE_PATHS.flatMap((base) => ENDPOINTS.map(({ method, path }) => `${method} ${base}${path}`));

it('declares every route, and serves every endpoint it declares', () => {
  const served = servedRoutes();
  expect(served.length).toBeGreaterThan(20);
  expect(served.filter((route) => !UNDER_ONE_PATH.has(route)).sort()).toEqual(DECLARED.sort());
});

/** What is served outside the API's two base paths */
const UNDER_ONE_PATH: ReadonlySet<string> = new Set();

/** From the decorators, which is what Nest registers. */
function servedRoutes(): string[] {
  const controllers = [...under.controller.app.get(ModulesContainer).values()].flatMap((module) => [
    ...module.controllers.values(),
  ]);
  return controllers.flatMap(({ metatype }) => {
    if (typeof metatype !== 'function') return [];
    const prefixes = ([Reflect.getMetadata(PATH_METADATA, metatype)] as string[]).flat();
    const handlers = Object.getOwnPropertyNames(metatype.prototype).map((name) => metatype.prototype[name] as object);
    return handlers
      .filter((handler) => Reflect.hasMetadata(METHOD_METADATA, handler))
      .flatMap((handler) => {
        const method = RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as number];
        const path = (Reflect.getMetadata(PATH_METADATA, handler) as string).replace(/^\/|\/$/g, '');
        return prefixes.map((prefix) => `${method} /${[prefix, path].filter((part) => part !== '').join('/')}`);
      });
  });
}

const USERS = { admin: 'admin:admin', developer: 'dev:dev', consumer: 'con:con', viewer: 'view:view' } as const;

it.each(ENDPOINTS.map((endpoint) => [`${endpoint.method} ${endpoint.path}`, endpoint] as const))(
  '%s lets in whom the matrix names, and nobody else',
  async (_, { method, path, roles, refusals = [] }) => {
    // What is open to anyone may ask for a token of its own, and then says so.
    const asksForItsOwn = roles === 'anyone' && refusals.includes(401);
    const isOpen = (status: number): boolean => isNoRefusal(status) || (status === 401 && asksForItsOwn);
    expect(await statusOf(method, path, null)).toEqual(roles === 'anyone' ? expect.toSatisfy(isOpen) : 401);
    for (const role of ROLES) {
      const may = roles === 'anyone' || roles.includes(role);
      expect(await statusOf(method, path, USERS[role]), `as ${role}`).toEqual(may ? expect.toSatisfy(isOpen) : 403);
    }
    if (roles !== 'anyone') expect(await statusOf(method, path, 'none:none')).toBe(403);
  },
);

function isNoRefusal(status: number): boolean {
  return status !== 401 && status !== 403 && status < 500;
}

/** Asked so that nothing can come of it: about a thing that is not there, with a body that means nothing. */
async function statusOf(method: string, path: string, as: string | null): Promise<number> {
  const url = `http://127.0.0.1:${under.controller.port}${path.replace(/\/:[A-Za-z]+/g, '/nothing')}`;
  const response = await fetch(url.replaceAll('::', ':'), {
    method,
    headers: {
      ...(as === null ? {} : { authorization: `Basic ${Buffer.from(as).toString('base64')}` }),
      ...(method === 'GET' ? {} : { 'content-type': 'application/json' }),
    },
    ...(method === 'GET' ? {} : { body: '[]' }),
  });
  await response.body?.cancel(); // an event stream does not end by itself
  return response.status;
}
