import type { Arguments } from '../arguments.ts';
import type { Client } from '../client.ts';
import { differenceLines } from '../differences.ts';
import { readDocuments } from '../documents.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { pathOf } from '../kinds.ts';
import { formatted } from '../output.ts';
import type { Terminal } from '../terminal.ts';

/** `diff -f FILE…`: what `apply` would change. Prints nothing and ends with 0 when there is nothing to change, with 1 otherwise. */
export async function diffCommand(args: Arguments, client: Client, terminal: Terminal): Promise<ExitCode> {
  const changes = [];
  for (const { name, kind, value } of await readDocuments(args.file, terminal)) {
    const there = await client.find(pathOf(kind, name));
    const found = there === null ? null : kind.differences(value, there.body);
    if (found === null || found.length > 0) changes.push({ name, isNew: found === null, differences: found ?? [] });
  }
  if (args.output === undefined) {
    for (const { name, isNew, differences: found } of changes) {
      terminal.print(
        `${name}${isNew ? ': not deployed' : ''}\n${differenceLines(found)
          .map((line) => `${line}\n`)
          .join('')}`,
      );
    }
  } else {
    const rows = changes.map(({ name, isNew, differences: found }) => [name, isNew ? 'new' : String(found.length)]);
    terminal.print(formatted({ value: changes, header: ['NAME', 'DIFFERENCES'], rows }, args.output));
  }
  return changes.length === 0 ? EXIT.done : EXIT.different;
}
