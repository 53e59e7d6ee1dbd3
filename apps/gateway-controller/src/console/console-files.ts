import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** One file of the built console, ready to be sent. */
export interface ConsoleFile {
  readonly type: string;
  readonly body: Buffer;
  readonly gzipped: Buffer;
}

/** What the browser gets below /console/: the page, with a place for the nonce of the answer, and its hashed assets by name. */
export interface ConsoleFiles {
  readonly page: string;
  readonly assets: ReadonlyMap<string, ConsoleFile>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.png': 'image/png',
};

/**
 * The whole build, about a megabyte, read once at start: nothing a request says is ever a path on the disk. `null` = there is no
 * build, or only half of one (the page names an asset that is not there).
 */
export function readConsoleFiles(folder: string): ConsoleFiles | null {
  const index = join(folder, 'index.html');
  if (!existsSync(index)) return null;
  const page = readFileSync(index, 'utf8');
  const assets = new Map(assetNames(folder).map((name) => [name, consoleFile(join(folder, 'assets', name))]));
  const named = [...page.matchAll(/\/console\/assets\/([^"]+)"/g)].map(([, name]) => name as string);
  return named.length > 0 && named.every((name) => assets.has(name)) ? { page, assets } : null;
}

function assetNames(folder: string): string[] {
  const assets = join(folder, 'assets');
  return existsSync(assets) ? readdirSync(assets).filter((name) => extname(name) in TYPES) : [];
}

function consoleFile(path: string): ConsoleFile {
  const body = readFileSync(path);
  return { type: TYPES[extname(path)] as string, body, gzipped: gzipSync(body, { level: 6 }) };
}
