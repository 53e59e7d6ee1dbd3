import { join } from 'node:path';

import { bundledApps, isSite, ROOT } from './apps.ts';
import { staleness } from './stamp.ts';

/**
 * Bundles the apps whose inputs changed since they were last bundled, all unless `only` names some; returns what was built.
 * With nothing to do it takes milliseconds and does not even load the bundler: `npm start` and `npm test` call it every time.
 */
export async function buildStaleApps(
  only: readonly string[] = bundledApps(),
  say: (line: string) => void = console.log,
): Promise<readonly string[]> {
  const stale = only.map((app) => ({ app, why: staleness(join(ROOT, 'dist/apps', app)) })).filter(({ why }) => why !== null);
  if (stale.length === 0) return [];
  const { bundleApp } = await import('./bundle-app.ts');
  const { bundleSite } = await import('./bundle-site.ts');
  for (const { app, why } of stale) {
    const startMs = performance.now();
    await (isSite(app) ? bundleSite(app) : bundleApp(app));
    say(`built ${app} in ${((performance.now() - startMs) / 1000).toFixed(1)} s (${why})`);
  }
  return stale.map(({ app }) => app);
}
