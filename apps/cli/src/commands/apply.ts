import type { Arguments } from '../arguments.ts';
import { oneOf } from '../arguments.ts';
import type { Asked, Client } from '../client.ts';
import { differenceLines } from '../differences.ts';
import { type LocalDocument, readDocuments } from '../documents.ts';
import { CliError, EXIT, type ExitCode } from '../exit-codes.ts';
import { pathOf } from '../kinds.ts';
import { formatted } from '../output.ts';
import type { Terminal } from '../terminal.ts';

interface Applied {
  readonly name: string;
  readonly outcome: 'created' | 'updated' | 'unchanged' | 'failed';
  readonly propagation?: unknown;
  readonly message?: string;
}

/**
 * `apply -f FILE… [--dry-run] [--wait programmed|synced]`, of RestApi and Secret: creates what is not there, replaces what differs, leaves the rest alone
 * (a PUT of the same bytes would push it to APIM again). One that is refused does not keep the others back.
 */
export async function applyCommand(args: Arguments, client: Client, terminal: Terminal): Promise<ExitCode> {
  const wait = args.wait === undefined ? undefined : oneOf(args.wait, ['programmed', 'synced'], 'programmed');
  const results: Applied[] = [];
  let exitCode: ExitCode = EXIT.done;
  for (const document of secretsFirst(await readDocuments(args.file, terminal))) {
    try {
      results.push(await applyOne(document, { client, terminal, wait, dryRun: args['dry-run'] ?? false }));
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      if (exitCode === EXIT.done) exitCode = error.exitCode;
      terminal.say(`${document.source} (${document.name}): ${error.message}`);
      results.push({ name: document.name, outcome: 'failed', message: error.message });
    }
  }
  const rows = results.map(({ name, outcome }) => [name, outcome]);
  terminal.print(formatted({ value: results, header: ['NAME', args['dry-run'] ? 'WOULD BE' : 'OUTCOME'], rows }, args.output));
  return exitCode;
}

/** What a document names is there before it. */
function secretsFirst(documents: readonly LocalDocument[]): LocalDocument[] {
  return documents.toSorted((a, b) => Number(b.kind.name === 'Secret') - Number(a.kind.name === 'Secret'));
}

interface How {
  readonly client: Client;
  readonly terminal: Terminal;
  readonly wait: string | undefined;
  readonly dryRun: boolean;
}

async function applyOne({ name, kind, value }: LocalDocument, { client, terminal, wait, dryRun }: How): Promise<Applied> {
  const path = pathOf(kind, name);
  const there = await client.find(path);
  const found = there === null ? [] : kind.differences(value, there.body);
  if (there !== null && found.length === 0 && kind.isKnownWhole) return { name, outcome: 'unchanged' };
  const outcome = there === null ? 'created' : 'updated';
  if (dryRun) {
    for (const line of differenceLines(found)) terminal.say(line);
    return { name, outcome };
  }
  const ifMatch: Record<string, string> = there?.etag ? { 'if-match': there.etag } : {};
  const asked: Asked = { body: value, query: { wait }, headers: { ...ifMatch, prefer: 'wait=30' } };
  const { body } =
    there === null ? await client.call('POST', kind.collection, { ...asked }) : await client.call('PUT', path, asked);
  return { name, outcome, ...(wait === undefined ? {} : { propagation: body.propagation }) };
}
