import { EntryKind, TrustedCertificate } from '@tidegate/gateway-ir';
import { testCertificate } from '@tidegate/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

import type { SampleNode } from '../discovery/sample-node.ts';
import { type ControllerUnderTest, controllerUnderTest } from '../testing/controller-under-test.ts';
import { joinedNode } from '../testing/joined-node.ts';

let under: ControllerUnderTest;
let node: SampleNode;
let pem: string;

beforeAll(async () => {
  [under, { cert: pem }] = await Promise.all([controllerUnderTest(), testCertificate([])]);
  node = await joinedNode(under);
});

afterAll(async () => {
  node.close();
  await under.close();
});

const WAIT = '?wait=programmed';
const upload = (body: unknown, as = 'admin:admin') => under.call(`/certificates${WAIT}`, { method: 'POST', body, as });

const trusted = (of: SampleNode) =>
  [...of.table.values()]
    .filter(({ kind }) => kind === EntryKind.CERTIFICATE)
    .map(({ content }) => TrustedCertificate.decode(content).pem.trim());

it('reaches every router, also those of gateways that come later, and is gone when it is deleted', async () => {
  const made = await upload({ name: 'corp-ca', certificate: pem });
  expect(made.status).toBe(201);
  expect(made.body).toMatchObject({
    name: 'corp-ca',
    subject: 'CN=localhost',
    issuer: 'CN=localhost',
    count: 1,
    validity: 'valid',
    message: 'Certificate uploaded and SDS updated successfully',
    propagation: { state: 'programmed' },
  });
  expect(trusted(node)).toEqual([pem.trim()]);

  expect((await under.call('/gateways', { method: 'POST', body: { name: 'later' } })).status).toBe(201);
  const later = await joinedNode(under, 'later');
  expect(trusted(later)).toEqual([pem.trim()]);
  expect((await under.call(`/certificates/reload${WAIT}`, { method: 'POST', body: {} })).body).toMatchObject({
    message: 'Certificates reloaded and SDS updated successfully',
    propagation: { state: 'programmed' },
  });

  const { id } = made.body;
  expect((await under.call(`/certificates/${id}`)).body).toMatchObject({
    certificate: `${pem.trim()}\n`,
    certificates: [{ subject: 'CN=localhost', fingerprint256: expect.stringMatching(/^([0-9A-F]{2}:){31}/) }],
  });
  expect((await under.call('/certificates?search=LOCAL')).body).toMatchObject({
    totalCount: 1,
    total: 1,
    totalBytes: pem.trim().length + 1,
    certificates: [{ id, status: 'success', notAfter: expect.stringMatching(/Z$/) }],
  });
  const metrics = await under.metrics();
  expect(metrics).toContain('gateway_controller_certificates_total 1');
  expect(metrics).toMatch(new RegExp(`certificate_expiry_seconds\\{cert_id="${id}",cert_name="corp-ca"\\} [1-9]`));
  const deleted = await under.call(`/certificates/${id}${WAIT}`, { method: 'DELETE' });
  expect(deleted).toMatchObject({ status: 200, body: { message: 'Certificate deleted and SDS updated successfully', id } });
  expect([trusted(node), trusted(later)]).toEqual([[], []]);
  expect((await under.call(`/certificates/${id}`, { method: 'DELETE' })).body.message).toMatch(
    /^Certificate not found or failed to delete: /,
  );
  expect((await under.call('/certificates')).body).toMatchObject({ certificates: [], totalCount: 0, totalBytes: 0 });
  later.close();
});

it.each([
  [{}, 'name and certificate are required fields'],
  [{ name: 'x' }, 'name and certificate are required fields'],
  [{ name: '', certificate: 'x' }, 'name and certificate are required fields'],
  [{ name: 'a b', certificate: 'x' }, 'name must be letters'],
  [{ name: 'x'.repeat(101), certificate: 'x' }, 'at most 100'],
  [{ name: 'x', certificate: 'no PEM' }, 'Invalid certificate: no valid certificates found in PEM data'],
])('refuses %j', async (body, message) => {
  const refused = await upload(body);
  expect([refused.status, refused.body.message]).toEqual([400, expect.stringContaining(message)]);
});

it('of two with one name one is first; developers look, admins change', async () => {
  const answers = await Promise.all([1, 2].map(() => upload({ name: 'twice', certificate: pem })));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
  expect((await under.call('/certificates', { as: 'dev:dev' })).status).toBe(200);
  expect((await upload({ name: 'y', certificate: pem }, 'dev:dev')).status).toBe(403);
});

it('no gateway misses one that is uploaded while it is made', async () => {
  const names = ['g1', 'g2', 'g3'];
  await Promise.all([
    ...names.map((name) => under.call('/gateways', { method: 'POST', body: { name } })),
    ...names.map((name) => upload({ name, certificate: pem })),
  ]);
  const { total } = (await under.call('/certificates')).body;
  for (const name of names) {
    const joined = await joinedNode(under, name);
    expect(trusted(joined)).toHaveLength(total);
    joined.close();
  }
});
