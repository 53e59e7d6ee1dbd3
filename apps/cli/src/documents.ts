import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { type Document, parseAllDocuments } from 'yaml';

import { CliError, EXIT } from './exit-codes.ts';
import { type Kind, kindOf } from './kinds.ts';
import type { Terminal } from './terminal.ts';

/** A document as it is in a file; what of it makes sense the server says. */
export interface LocalDocument {
  readonly source: string;
  readonly name: string;
  readonly kind: Kind;
  readonly value: Readonly<Record<string, unknown>>;
}

/** Files, folders (every .yaml, .yml and .json in them, sorted) and `-` for the standard input. Several documents a file may be. */
export async function readDocuments(files: readonly string[] | undefined, terminal: Terminal): Promise<LocalDocument[]> {
  if (files === undefined || files.length === 0) throw new CliError(EXIT.usage, '-f FILE is missing; see tidegate --help');
  const documents: LocalDocument[] = [];
  for (const file of files) {
    if (file === '-') documents.push(...parse(await terminal.readInput(), 'standard input'));
    else for (const path of filesAt(file)) documents.push(...parse(readFileSync(path, 'utf8'), path));
  }
  const twice = documents.find(
    ({ name, kind }, at) => documents.findIndex((other) => other.kind === kind && other.name === name) !== at,
  );
  if (twice !== undefined) throw new CliError(EXIT.usage, `${twice.source}: "${twice.name}" is there twice`);
  return documents;
}

function filesAt(path: string): string[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new CliError(EXIT.usage, `${path}: no such file`);
  if (!stat.isDirectory()) return [path];
  const names = readdirSync(path).filter((name) => /\.(ya?ml|json)$/.test(name) && !name.startsWith('.'));
  return names.sort().map((name) => join(path, name));
}

function parse(text: string, source: string): LocalDocument[] {
  const parsed = parseAllDocuments(text);
  const documents = Array.isArray(parsed) ? parsed : [];
  return documents
    .filter((document) => document.contents !== null || document.errors.length > 0)
    .map((document) => {
      const [error] = document.errors;
      if (error !== undefined) throw new CliError(EXIT.usage, `${source}: ${error.message.split('\n', 1)[0] ?? ''}`);
      return named(plainValue(document, source), source);
    });
}

/** Aliases are refused, as the server refuses them: a few lines of them can stand for gigabytes. */
function plainValue(document: Document, source: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch (error) {
    throw new CliError(EXIT.usage, `${source}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function named(value: unknown, source: string): LocalDocument {
  const document = value as { metadata?: { name?: unknown } } | null;
  const name = document?.metadata?.name;
  if (typeof name !== 'string' || name === '') throw new CliError(EXIT.usage, `${source}: metadata.name is missing`);
  const whole = value as LocalDocument['value'];
  return { source, name, kind: kindOf(whole), value: whole };
}
