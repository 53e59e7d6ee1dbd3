import { buildStaleApps } from './build/build-stale-apps.ts';
import { bundledApps } from './build/apps.ts';

/** `node tools/build.ts [app…]`: what the `build` script of each app runs under nx, and a no-op when the bundle is fresh. */
const asked = process.argv.slice(2);
const known = bundledApps();
const unknown = asked.filter((app) => !known.includes(app));
if (unknown.length > 0) {
  console.error(`No such app: ${unknown.join(', ')}; there are ${known.join(', ')}`);
  process.exitCode = 2;
} else {
  const built = await buildStaleApps(asked.length > 0 ? asked : known);
  if (built.length === 0) console.log('dist/apps is up to date');
}
