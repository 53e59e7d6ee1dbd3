import { createServer } from 'node:net';
import { afterAll, expect, it } from 'vitest';
import { freePorts, portProblems } from './ports.ts';

const taken = createServer();
afterAll(() => taken.close());

it('names port, purpose, flag and setting of what is taken or wanted twice', async () => {
  const [busy = 0, fine = 0] = await freePorts(2);
  await new Promise<void>((resolve) => taken.listen(busy, '127.0.0.1', resolve));
  const problems = await portProblems([
    { listener: 'api', port: busy, host: '127.0.0.1' },
    { listener: 'grpc', port: fine, host: '127.0.0.1' },
    { listener: 'petstore', port: fine, host: '127.0.0.1' },
  ]);
  expect(problems).toEqual([
    `Port ${busy} is taken. It is for the management API: choose another with --port-api (setting controller.server.port)`,
    `Port ${fine} is wanted twice: for the gRPC for routers and apim-sync and for the sample petstore: choose another with --port-petstore`,
  ]);
});
