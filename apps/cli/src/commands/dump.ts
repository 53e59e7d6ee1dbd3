import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Arguments } from '../arguments.ts';
import type { Body, Client } from '../client.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { yamlOf } from '../output.ts';
import type { Terminal } from '../terminal.ts';
import { everyPage } from './every-page.ts';
import { apiPath } from './paths.ts';

/** `dump [-d FOLDER]`: every document as `apply` takes it, to the terminal or one file each. What a control plane owns stays out. */
export async function dumpCommand(args: Arguments, client: Client, terminal: Terminal): Promise<ExitCode> {
  const listed = (await everyPage(client, '/rest-apis', 'apis')).filter(({ origin }) => origin === 'gateway_api');
  const names = listed.map((api) => String(api.metadata.name)).sort();
  if (args.directory !== undefined) mkdirSync(args.directory, { recursive: true });
  for (const name of names) {
    // A list has `$version` replaced in spec.context; the document itself has what was submitted.
    const there = await client.find(apiPath(name));
    if (there === null) continue; // deleted meanwhile
    const text = yamlOf(documentOf(there.body));
    if (args.directory === undefined) terminal.print(`---\n${text}`);
    else writeFileSync(join(args.directory, `${name}.yaml`), text);
  }
  if (args.directory !== undefined) terminal.say(`${names.length} documents in ${args.directory}`);
  return EXIT.done;
}

function documentOf({ apiVersion, kind, metadata, spec }: Body): object {
  return { apiVersion, kind, metadata, spec };
}
