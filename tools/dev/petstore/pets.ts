/** The sample backend's memory: pets and orders, a few there from the start. Answers are values; main.ts sends them. */
export type Reply = { readonly status: number; readonly body: unknown };
export type Petstore = { answer(method: string, path: string, body: unknown): Reply };

type Pet = { readonly id: number; readonly name: string; readonly status: string; readonly [field: string]: unknown };

const petsMax = 10_000;

export function createPetstore(): Petstore {
  const pets = new Map<number, Pet>([
    [1, { id: 1, name: 'Rex', status: 'available' }],
    [2, { id: 2, name: 'Mia', status: 'pending' }],
    [123, { id: 123, name: 'Otto', status: 'available' }],
  ]);
  let lastOrder = 0;

  function put(body: unknown, mustExist: boolean): Reply {
    if (!isRecord(body)) return problem(400, 'a pet is a JSON object');
    const { id = Math.max(0, ...pets.keys()) + 1, name, status = 'available' } = body;
    if (typeof id !== 'number' || !Number.isSafeInteger(id) || typeof status !== 'string')
      return problem(400, 'id is a whole number, status a text');
    const known = pets.get(id);
    if (mustExist && known === undefined) return problem(404, `there is no pet ${id}`);
    if (!mustExist && known !== undefined) return problem(409, `there is a pet ${id} already`);
    const petName = name ?? known?.name;
    if (typeof petName !== 'string' || petName === '') return problem(400, 'a pet has a name');
    if (known === undefined && pets.size >= petsMax) return problem(507, `the store holds ${petsMax} pets`);
    const pet: Pet = { ...known, ...body, id, name: petName, status };
    pets.set(id, pet);
    return { status: mustExist ? 200 : 201, body: pet };
  }

  function order(body: unknown): Reply {
    if (!isRecord(body) || typeof body['petId'] !== 'number') return problem(400, 'an order names a petId');
    if (!pets.has(body['petId'])) return problem(404, `there is no pet ${body['petId']}`);
    lastOrder += 1;
    return { status: 201, body: { ...body, id: lastOrder, status: 'placed' } };
  }

  function inventory(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const pet of pets.values()) counts[pet.status] = (counts[pet.status] ?? 0) + 1;
    return counts;
  }

  return {
    answer(method, path, body) {
      const id = /^\/pet\/(\d{1,15})$/.exec(path)?.[1];
      const pet = id === undefined ? undefined : pets.get(Number(id));
      switch (id === undefined ? `${method} ${path}` : `${method} /pet/{petId}`) {
        case 'GET /':
          return { status: 200, body: { name: 'Petstore', pets: pets.size } };
        case 'GET /pet/{petId}':
          return pet === undefined ? problem(404, `there is no pet ${id}`) : { status: 200, body: pet };
        case 'DELETE /pet/{petId}':
          return pets.delete(Number(id)) ? { status: 200, body: { deleted: Number(id) } } : problem(404, `there is no pet ${id}`);
        case 'POST /pet':
          return put(body, false);
        case 'PUT /pet':
          return put(body, true);
        case 'GET /store/inventory':
          return { status: 200, body: inventory() };
        case 'POST /store/order':
          return order(body);
        default:
          return problem(404, `the petstore has no ${method} ${path}`);
      }
    },
  };
}

function problem(status: number, message: string): Reply {
  return { status, body: { message } };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
