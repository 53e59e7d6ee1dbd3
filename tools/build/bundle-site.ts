import { readdirSync, readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { build, type Plugin } from 'vite';

import { ROOT } from './apps.ts';
import { writeStamp } from './stamp.ts';

/** What a browser has to fetch before it shows the first page, compressed. */
const FIRST_LOAD_KIB_MAX = 250;

/**
 * A site of hashed files in dist/apps/<app>, served below /<app>/. Throws with the bundler's message when it cannot be built, and when
 * its first load is larger than it may be.
 */
export async function bundleSite(app: string): Promise<void> {
  const outDir = join(ROOT, 'dist/apps', app);
  const root = join(ROOT, 'apps', app);
  const inputs: string[] = [join(root, 'index.html')];
  const remember: Plugin = {
    name: 'remember-inputs',
    buildEnd() {
      for (const id of this.getModuleIds()) {
        const file = id.split('?')[0] as string;
        if (isAbsolute(file) && file.startsWith(ROOT) && !file.includes('/node_modules/')) inputs.push(file);
      }
    },
  };
  await inProduction(() =>
    build({
      root,
      base: `/${app}/`,
      configFile: false,
      logLevel: 'error',
      resolve: { tsconfigPaths: false },
      plugins: [remember],
      build: {
        // what knows light-dark(); for older ones it would be rewritten into something that needs their colours declared in our CSS
        cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
        outDir,
        emptyOutDir: true,
        sourcemap: false,
        reportCompressedSize: false,
        target: 'es2024',
        modulePreload: { polyfill: false },
      },
    }),
  );
  checkFirstLoad(outDir);
  writeStamp(outDir, inputs);
}

/** The bundler takes NODE_ENV from the environment: a test runner's would give users React's development build. */
async function inProduction(work: () => Promise<unknown>): Promise<void> {
  const before = process.env['NODE_ENV'];
  process.env['NODE_ENV'] = 'production';
  try {
    await work();
  } finally {
    if (before === undefined) delete process.env['NODE_ENV'];
    else process.env['NODE_ENV'] = before;
  }
}

function checkFirstLoad(outDir: string): void {
  const kib = firstLoadKib(outDir);
  if (kib <= FIRST_LOAD_KIB_MAX) return;
  throw new Error(
    `The first load is ${kib.toFixed(0)} KiB gzip, more than ${FIRST_LOAD_KIB_MAX}: load what comes later with import()`,
  );
}

/** index.html and all it names; what is loaded on demand has no tag there. */
function firstLoadKib(outDir: string): number {
  const html = readFileSync(join(outDir, 'index.html'), 'utf8');
  const named = readdirSync(join(outDir, 'assets')).filter((file) => html.includes(`assets/${file}`));
  const files = ['index.html', ...named.map((file) => join('assets', file))];
  return files.reduce((sum, file) => sum + gzipSync(readFileSync(join(outDir, file)), { level: 9 }).length / 1024, 0);
}
