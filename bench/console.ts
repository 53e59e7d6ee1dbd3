import { cpus } from 'node:os';

import { signIn } from '../test/console/browser.ts';
import { openConsole } from '../test/console/console-at-work.ts';
import { seedMany } from '../test/console/seed-many.ts';

/**
 * The console of a large installation: `npm run bench -- console`. 10 000 APIs, 100 gateways, one router; how long a person waits,
 * from the click or the last key to what was asked for being on the screen. Each ten times, median and slowest.
 */
const at = await openConsole();
try {
  const { page, stack } = at;
  await seedMany(at.client, stack.urls.database, { apis: 10_000, gateways: 100 });
  await page.goto(`${stack.urls.controller}/console/settings`);
  await signIn(page, stack);
  console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? '?'}, 10 000 APIs, 100 gateways`);
  const open = (place: string, shown: string) => async () => {
    await page.goto(`${stack.urls.controller}/console/${place}`);
    await page.getByText(shown).first().waitFor();
  };
  await measured('overview, loaded anew', open('overview', 'Busiest APIs'));
  await measured('APIs, loaded anew', open('apis', '10001 APIs'));
  await measured('page 200 of the APIs', open('apis?page=200', '10001 APIs'));
  await measured('gateways, loaded anew', open('gateways', '101 enabled gateways'));
  await open('apis', '10001 APIs')();
  let at77 = 0;
  await measured('search as one types', async () => {
    at77 += 1;
    await page.getByRole('searchbox').fill(`copy-77${at77 % 10}`);
    await page.getByText(new RegExp(`fit “copy-77${at77 % 10}”`)).waitFor();
  });
} finally {
  await at.close();
}

async function measured(what: string, act: () => Promise<void>): Promise<void> {
  const times: number[] = [];
  for (let time = 0; time < 10; time += 1) {
    const startMs = performance.now();
    await act();
    times.push(performance.now() - startMs);
  }
  times.sort((a, b) => a - b);
  console.log(`${what.padEnd(26)} median ${Math.round(times[5] ?? 0)} ms, slowest ${Math.round(times[9] ?? 0)} ms`);
}
