import { expect, it } from 'vitest';
import { createPetstore } from './pets.ts';

it('keeps pets and counts them', () => {
  const store = createPetstore();
  expect(store.answer('GET', '/pet/123', null)).toMatchObject({ status: 200, body: { name: 'Otto' } });
  expect(store.answer('POST', '/pet', { name: 'Zoe' })).toEqual({
    status: 201,
    body: { id: 124, name: 'Zoe', status: 'available' },
  });
  expect(store.answer('PUT', '/pet', { id: 124, status: 'sold' })).toMatchObject({
    status: 200,
    body: { name: 'Zoe', status: 'sold' },
  });
  expect(store.answer('GET', '/store/inventory', null).body).toEqual({ available: 2, pending: 1, sold: 1 });
  expect(store.answer('DELETE', '/pet/124', null).status).toBe(200);
  expect(store.answer('GET', '/pet/124', null).status).toBe(404);
  expect(store.answer('POST', '/store/order', { petId: 1, quantity: 2 })).toMatchObject({
    status: 201,
    body: { id: 1, status: 'placed' },
  });
  expect(store.answer('GET', '/', null)).toMatchObject({ status: 200, body: { pets: 3 } });
});

it.each([
  ['POST', '/pet', null, 400],
  ['POST', '/pet', { id: 1, name: 'again' }, 409],
  ['PUT', '/pet', { id: 77, name: 'nobody' }, 404],
  ['POST', '/store/order', { petId: 77 }, 404],
  ['PATCH', '/pet', {}, 404],
] as const)('%s %s %o: %d', (method, path, body, status) => {
  expect(createPetstore().answer(method, path, body).status).toBe(status);
});
