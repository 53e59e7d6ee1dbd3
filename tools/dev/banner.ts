import { relative } from 'node:path';
import type { Stack } from './stack.ts';

/** What to know once everything runs: where, as whom, and what to type next. */
export function banner(stack: Stack, readyMs: number): string {
  const { urls, credentials, files } = stack;
  const here = (path: string): string => relative(process.cwd(), path) || '.';
  const rows: readonly (readonly [string, string] | null)[] = [
    ['Management API', `${urls.controller}/rest-apis   as ${credentials.username} / ${credentials.password}`],
    ['Console', `${urls.controller}/console/`],
    ['Gateway', urls.routers.join('  ')],
    ['  by TLS', `${urls.routersTls.join('  ')}   curl --cacert ${here(files.devCa)}`],
    urls.apim === null ? null : ['APIM (simulated)', `${urls.apim}   curl --cacert ${here(files.apimCa)}`],
    credentials.apim === null ? null : ['  OAuth2 client', `${credentials.apim.clientId} / ${credentials.apim.clientSecret}`],
    ['Sample backend', `${urls.petstore}   (what https://petstore.example.com leads to)`],
    ['Data, logs, config', here(files.dataDir)],
  ];
  const shown = rows.flatMap((row) => (row === null ? [] : [`  ${row[0].padEnd(20)}${row[1]}`]));
  const authorization = `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`;
  return `
Tidegate is ready (${(readyMs / 1000).toFixed(1)} s)

${shown.join('\n')}

Next, in another terminal:

  cd examples/guide
  curl -X POST ${urls.controller}/rest-apis \\
    -H "Content-Type: application/json" \\
    -H "Authorization: ${authorization}" \\
    -d @petstore-api.json

Ctrl-C stops everything.
`;
}
