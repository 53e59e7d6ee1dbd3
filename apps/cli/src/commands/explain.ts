import type { ExplainAnswer } from '@tidegate/management-api';

import { type Arguments, required } from '../arguments.ts';
import type { Client } from '../client.ts';
import { CliError, EXIT, type ExitCode } from '../exit-codes.ts';
import { formatted } from '../output.ts';
import type { Terminal } from '../terminal.ts';

/** `explain METHOD URL [-H 'Name: value']… [--gateway NAME]`: which route, policies and upstream, and why. Nothing is sent there. */
export async function explainCommand(args: Arguments, client: Client, terminal: Terminal): Promise<ExitCode> {
  const method = required(args.words, 1, 'The method');
  const url = required(args.words, 2, 'The URL or path');
  const headers = Object.fromEntries((args.header ?? []).map(headerOf));
  const gateway = args.gateway === undefined ? {} : { gateway: args.gateway };
  const { body }: { body: ExplainAnswer } = await client.call('POST', '/explain', { body: { method, url, headers, ...gateway } });
  if (args.output === 'json' || args.output === 'yaml') {
    terminal.print(formatted({ value: body, header: [], rows: [] }, args.output));
    return EXIT.done;
  }
  terminal.print(
    linesOf(body)
      .map(([name, value]) => `${name.padEnd(10)} ${value}\n`)
      .join(''),
  );
  return EXIT.done;
}

function headerOf(text: string): [string, string] {
  const [, name, value] = /^([^:]+):\s*(.*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new CliError(EXIT.usage, `"${text}" is no header; write 'Name: value'`);
  return [name.trim(), value];
}

function linesOf({ outcome, why, host, path, vhost, route, policies, upstream, candidates }: ExplainAnswer): [string, string][] {
  const others = candidates.filter(({ verdict }) => verdict !== 'chosen');
  return [
    ['outcome', `${outcome}: ${why}`],
    ['host', `${host}${vhost === null ? '' : ` (virtual host ${vhost})`}`],
    ...(path === null ? [] : [['path', path] as [string, string]]),
    ...(route === null
      ? []
      : [
          ['route', `${route.method} ${route.context}${route.operationPath} of ${route.api} ${route.apiVersion}`] as [
            string,
            string,
          ],
        ]),
    ...policies.map(({ name, version, level }): [string, string] => ['policy', `${name} ${version} (${level})`]),
    ...(upstream === null ? [] : [['upstream', upstream.target] as [string, string]]),
    ...others.map(({ route: other, why: reason }): [string, string] => ['not', `${other}: ${reason}`]),
  ];
}
