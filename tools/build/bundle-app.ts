import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';

import { rolldown } from 'rolldown';

import { ROOT } from './apps.ts';
import { writeStamp } from './stamp.ts';

/**
 * One ESM file per app, dist/apps/<app>/main.js, with its source map: our libraries and the app's migrations inside, npm packages
 * outside (resolved from node_modules at run time). Throws with the bundler's message when the app cannot be built.
 */
export async function bundleApp(app: string): Promise<void> {
  const outDir = join(ROOT, 'dist/apps', app);
  const bundle = await rolldown({
    input: join(ROOT, 'apps', app, 'src/main.ts'),
    cwd: ROOT,
    platform: 'node',
    tsconfig: join(ROOT, 'tsconfig.json'),
    external: isNpmPackage,
    onwarn: (warning, log) => {
      if (warning.code !== 'CIRCULAR_DEPENDENCY') log(warning);
    },
  });
  try {
    rmSync(outDir, { recursive: true, force: true });
    mkdirSync(outDir, { recursive: true });
    const { output } = await bundle.write({
      dir: outDir,
      format: 'esm',
      sourcemap: true,
      codeSplitting: false,
      entryFileNames: 'main.js',
    });
    const inputs = output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : [])).filter((id) => isAbsolute(id));
    linkOwnPackages(app, outDir);
    writeStamp(outDir, inputs);
  } finally {
    await bundle.close();
  }
}

/**
 * npm puts a version that differs from the root's under the app itself; seen from dist/ the root's would be loaded instead. Libraries
 * are bundled into several apps, so a version of their own could not be honoured.
 */
function linkOwnPackages(app: string, outDir: string): void {
  const own = join(ROOT, 'apps', app, 'node_modules');
  if (existsSync(own)) symlinkSync(relative(outDir, own), join(outDir, 'node_modules'));
}

/** The bundler brings the helpers of decorators along under a package name of its own; there is no such package to load. */
function isNpmPackage(id: string): boolean {
  if (id.startsWith('@oxc-project/runtime/')) return false;
  return !id.startsWith('.') && !isAbsolute(id) && !id.startsWith('@tidegate/') && !id.startsWith('\0');
}
