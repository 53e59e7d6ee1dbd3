import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { buildImage } from './stage/build-image.ts';
import { startInChroot } from './stage/chroot.ts';
import { parseDockerfile } from './stage/parse-dockerfile.ts';

/**
 * `npm run stage -- APP [--start FOLDER]`: follows apps/APP/Dockerfile without a container engine, into .tidegate/stage/APP, and says how large
 * the image is. With --start it then runs the image's command as the image's user on a read-only root; FOLDER holds `config.toml` and is
 * mounted at /etc/tidegate (with secrets in FOLDER/secrets at /run/secrets). Needs Linux and root. Ctrl-C ends it.
 */
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const [app = '', flag, folder] = process.argv.slice(2);
const dockerfile = join(ROOT, 'apps', app, 'Dockerfile');
if (app === '' || !existsSync(dockerfile) || (flag !== undefined && (flag !== '--start' || folder === undefined))) {
  console.error('Usage: npm run stage -- gateway-controller|router|apim-sync|apim-simulator [--start FOLDER]');
  process.exit(2);
}
if (process.getuid?.() !== 0 || process.platform !== 'linux') {
  console.error('Staging an image needs Linux and root: it makes mounts of its own');
  process.exit(2);
}

const out = join(ROOT, '.tidegate/stage', app);
const nodeFolder = dirname(process.execPath);
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const image = await buildImage(parseDockerfile(readFileSync(dockerfile, 'utf8')), { out, context: ROOT, nodeFolder });
writeFileSync(join(out, 'image.json'), `${JSON.stringify(image, null, 2)}\n`);
console.log(`Staged ${app}: user ${image.user}, ${image.command.join(' ')}`);

if (folder !== undefined) {
  const secrets = join(resolve(folder), 'secrets');
  const child = startInChroot(image.command, {
    ...image,
    env: { ...image.env, ...settingsOf(process.env) },
    readOnlyBut: image.volumes,
    mounts: { [resolve(folder)]: '/etc/tidegate', ...(existsSync(secrets) ? { [secrets]: '/run/secrets' } : {}) },
    nodeFolder,
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  child.on('exit', (code) => process.exit(code ?? 1));
}

/** What compose would hand over. */
function settingsOf(env: NodeJS.ProcessEnv): Record<string, string> {
  const entries = Object.entries(env).filter(([name]) => /^(APIP_GW_|APIM_|POSTGRES_HOST$|REDIS_URL$)/.test(name));
  return Object.fromEntries(entries.map(([name, value]) => [name, value ?? '']));
}
