import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';

import { checkManifest } from './check-manifest.ts';

const K8S = fileURLToPath(new URL('../../k8s/', import.meta.url));

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'x', labels: { any: 'label' } },
  spec: { selector: { matchLabels: { a: 'b' } }, template: { spec: { containers: [{ name: 'c', image: 'i' }] } } },
};

it('passes a good manifest', async () => {
  expect(await checkManifest(deployment)).toEqual([]);
});

it.each([
  ['a wrong type', { spec: { ...deployment.spec, replicas: 'two' } }, ['/spec/replicas: type {"type":"integer"}']],
  ['a missing field', { spec: { template: deployment.spec.template } }, [expect.stringContaining('selector')]],
  ['an unknown field', { spec: { ...deployment.spec, replicass: 2 } }, ['/spec/replicass: unknown field']],
  [
    'an unknown field far down',
    {
      spec: {
        ...deployment.spec,
        template: { spec: { containers: [{ name: 'c', securityContext: { readOnlyRootFs: true } }] } },
      },
    },
    ['/spec/template/spec/containers/0/securityContext/readOnlyRootFs: unknown field'],
  ],
  ['an unknown kind', { kind: 'Deploymint' }, ['no schema for apps/v1 Deploymint']],
])('tells %s', async (_, changes, expected) => {
  expect(await checkManifest({ ...deployment, ...changes })).toEqual(expected);
});

/** Lists of patches and generators are kustomize's own, and not sent anywhere. */
const files = readdirSync(K8S, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.yaml') && !file.endsWith('kustomization.yaml'),
);

it.each(files)('%s is what Kubernetes takes', async (file) => {
  const documents = parseAllDocuments(readFileSync(join(K8S, file), 'utf8'));
  expect(documents.length).toBeGreaterThan(0);
  for (const document of documents) expect(await checkManifest(document.toJS() as never)).toEqual([]);
});
