import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { loadConfig } from '@tidegate/process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';

import { foreignTables, simulatorSchema } from '../../apps/apim-simulator/src/config.ts';
import { readConfig as readSyncConfig } from '../../apps/apim-sync/src/config.ts';
import { readConfig as readControllerConfig } from '../../apps/gateway-controller/src/config.ts';
import { readConfig as readRouterConfig } from '../../apps/router/src/config.ts';
import { signedCertificates } from './signed-certificates.ts';

/** What compose and Kubernetes are told, held against each other, against the Dockerfiles, and against what the apps accept. */
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

// oxlint-disable-next-line typescript/no-explicit-any -- YAML as it is written; every expectation below says what it should be
type Yaml = any;

const APPS = [
  {
    app: 'gateway-controller',
    config: 'k8s/base/gateway-controller/config.toml',
    service: 'gateway-controller',
    readConfig: readControllerConfig,
  },
  { app: 'router', config: 'k8s/base/router/config.toml', service: 'router', readConfig: readRouterConfig },
  { app: 'apim-sync', config: 'k8s/base/apim-sync/config.toml', service: 'apim-sync', readConfig: readSyncConfig },
  { app: 'apim-simulator', config: 'k8s/overlays/dev/simulator.toml', service: 'apim', readConfig: readSimulatorConfig },
];
const compose: Yaml = parse(read('docker-compose.yml'), { merge: true });
const documents: readonly Yaml[] = ['base', 'components', 'overlays/dev', 'overlays/prod'].flatMap(documentsBelow);
const deployments = documents.filter(({ kind }) => kind === 'Deployment');

function documentsBelow(folder: string): readonly Yaml[] {
  return readdirSync(join(ROOT, 'k8s', folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.yaml'))
    .flatMap((file) => parseAllDocuments(read(join('k8s', folder, file))).map((document): Yaml => document.toJS()));
}

/** Files of /run/secrets that a configuration reads. */
function secretsOf(config: string): string[] {
  return [...new Set([...read(config).matchAll(/\/run\/secrets\/([a-z_.]+)/g)].map((match) => match[1] ?? ''))].sort();
}

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tidegate-manifests-'));
  const certificates = await signedCertificates(Date.now());
  for (const { config } of APPS) {
    for (const name of secretsOf(config))
      writeFileSync(join(folder, name), certificates[name] ?? `${name}-of-at-least-32-characters`);
  }
  // bcrypt of some password; the form is what counts
  writeFileSync(join(folder, 'admin_password_hash'), '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(APPS)('$app', ({ app, config, service, readConfig }) => {
  it('accepts its configuration as it is deployed', () => {
    const file = join(folder, `${app}.toml`);
    writeFileSync(file, read(config).replaceAll('/run/secrets', folder));
    const env = { ...environmentOf(service), APIP_CONFIG_FILE_SOURCE_ALLOWLIST: folder };
    expect(() => readConfig(['--config', file], env)).not.toThrow();
  });

  it('is given the secrets it reads, and no others', () => {
    // the authority of API Manager is named by the environment
    expect(compose.services[service].secrets.toSorted()).toEqual(secretsOf(config));
    const volumes: Yaml[] = deploymentOf(service).spec.template.spec.volumes;
    const mounted: Yaml[] = volumes.find(({ name }) => name === 'secrets').secret.items;
    expect(mounted.map(({ key }) => key).sort()).toEqual(secretsOf(config));
    expect(mounted.every(({ key, path }) => key === path)).toBe(true);
  });

  it('runs from its own image, without root, rights or a writable file system', () => {
    const pod = deploymentOf(service).spec.template.spec;
    const [container] = pod.containers;
    expect(container.image).toBe(`tidegate/${app}`);
    expect(compose.services[service]).toMatchObject({ image: container.image, build: { dockerfile: `apps/${app}/Dockerfile` } });
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 10_001 },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(compose.services[service]).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
    expect(read(`apps/${app}/Dockerfile`)).toMatch(/^USER 10001:10001$/m);
    expect(container.livenessProbe).toBeDefined();
    expect(container.resources).toMatchObject({ requests: { cpu: expect.anything(), memory: expect.anything() }, limits: {} });
  });
});

it('every secret of compose is one that deploy:secrets makes', () => {
  const tool = read('tools/deploy/write-secrets.ts') + read('tools/deploy/signed-certificates.ts');
  for (const [name, { file }] of Object.entries<Yaml>(compose.secrets)) {
    expect(file).toBe(`k8s/overlays/dev/secrets/${name}`);
    expect(tool).toContain(`'${name}'`);
  }
});

it('every Service, budget and autoscaler leads to pods that exist', () => {
  const names = documents
    .filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet')
    .map(({ metadata }) => metadata.name);
  for (const { kind, spec } of documents) {
    if (kind === 'Service') expect(names).toContain(spec.selector['app.kubernetes.io/name']);
    if (kind === 'PodDisruptionBudget') expect(names).toContain(spec.selector.matchLabels['app.kubernetes.io/name']);
    if (kind === 'HorizontalPodAutoscaler') expect(names).toContain(spec.scaleTargetRef.name);
  }
});

it('every kustomization names files that are there, and every manifest is named', () => {
  for (const folderName of [
    'components/migration-job',
    'components/monitoring',
    'base',
    'base/gateway-controller',
    'base/router',
    'base/apim-sync',
    'overlays/dev',
    'overlays/prod',
  ]) {
    const { resources } = parse(read(join('k8s', folderName, 'kustomization.yaml'))) as { resources: string[] };
    const here = readdirSync(join(ROOT, 'k8s', folderName), { withFileTypes: true }).filter(
      (entry) =>
        (entry.isDirectory() && !['secrets', 'dashboards'].includes(entry.name)) ||
        (entry.name.endsWith('.yaml') && entry.name !== 'kustomization.yaml'),
    );
    expect(resources.filter((name) => name !== '../../base').sort()).toEqual(here.map(({ name }) => name).sort());
  }
});

function readSimulatorConfig(argv: readonly string[], env: NodeJS.ProcessEnv): unknown {
  return loadConfig({ schema: simulatorSchema, foreign: foreignTables, argv, env });
}

function deploymentOf(name: string): Yaml {
  return deployments.find(({ metadata }) => metadata.name === name);
}

/** Compose's own, with the defaults of its `${NAME:-default}`. */
function environmentOf(service: string): Record<string, string> {
  const entries = Object.entries<string>(compose.services[service].environment ?? {});
  const plain = entries.map(([name, value]) => [name, value.replace(/^\$\{\w+:?-(.*)\}$/, '$1').replace('/run/secrets', folder)]);
  return Object.fromEntries(plain);
}
