import type { Arguments } from '../arguments.ts';
import type { Client } from '../client.ts';
import { readDocuments } from '../documents.ts';
import { CliError, EXIT, type ExitCode } from '../exit-codes.ts';
import { pathOf } from '../kinds.ts';
import type { Terminal } from '../terminal.ts';
import { apiPath } from './paths.ts';

/** `delete NAME…` or `delete -f FILE… [--dry-run]` */
export async function deleteCommand(args: Arguments, client: Client, terminal: Terminal): Promise<ExitCode> {
  const named = args.words.slice(1);
  const inFiles = args.file === undefined ? [] : await readDocuments(args.file, terminal);
  const paths = [
    ...named.map((name) => ({ name, path: apiPath(name) })),
    ...inFiles

      // What a document names goes after it.
      .toSorted((a, b) => Number(a.kind.name === 'Secret') - Number(b.kind.name === 'Secret'))
      .map(({ name, kind }) => ({ name, path: pathOf(kind, name) })),
  ];
  if (paths.length === 0) throw new CliError(EXIT.usage, 'Say which: delete NAME… or delete -f FILE');
  let exitCode: ExitCode = EXIT.done;
  for (const { name, path } of paths) {
    const there = await client.find(path);
    if (there === null) {
      exitCode = EXIT.notFound;
      terminal.say(`${name}: not there`);
    } else if (args['dry-run']) {
      terminal.print(`${name}: would be deleted\n`);
    } else {
      await client.call('DELETE', path);
      terminal.print(`${name}: deleted\n`);
    }
  }
  return exitCode;
}
