import { readFileSync, realpathSync, statSync } from 'node:fs';
import { resolve, sep } from 'node:path';

import { isTable } from './merge.ts';

const TOKEN = /\{\{\s*(env|file)\s+"([^"]*)"(?:\s+"([^"]*)")?\s*\}\}/g;
const FILE_BYTES_MAX = 1024 * 1024;
/** WSO2's directories first, ours and compose's after them; APIP_CONFIG_FILE_SOURCE_ALLOWLIST (comma list) replaces them all. */
const FILE_DIRECTORIES = ['/etc/gateway-controller', '/secrets/gateway-controller', '/etc/tidegate', '/run/secrets'];

/**
 * Replaces `{{ env "NAME" "default" }}` and `{{ file "/path" }}` inside every string of a parsed file (reference management-api §6.1).
 * An unset or empty variable takes the default; without one it is a problem. Files are read once, at start, trailing whitespace trimmed.
 */
export function resolveTokens(value: unknown, env: NodeJS.ProcessEnv, problems: string[], path = ''): unknown {
  if (typeof value === 'string') return resolveText(value, env, path, problems);
  if (Array.isArray(value)) return value.map((item, index) => resolveTokens(item, env, problems, `${path}[${index}]`));
  if (!isTable(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [key, resolveTokens(child, env, problems, path === '' ? key : `${path}.${key}`)]),
  );
}

function resolveText(text: string, env: NodeJS.ProcessEnv, path: string, problems: string[]): string {
  return text.replace(TOKEN, (_token, kind: string, name: string, fallback: string | undefined) => {
    if (kind === 'env') {
      const value = env[name];
      if (value !== undefined && value !== '') return value;
      if (fallback === undefined) problems.push(`${path}: environment variable ${name} is not set and the token has no default`);
      return fallback ?? '';
    }
    try {
      return readAllowed(name, allowedDirectories(env));
    } catch (error) {
      problems.push(`${path}: ${error instanceof Error ? error.message : String(error)}`);
      return '';
    }
  });
}

function allowedDirectories(env: NodeJS.ProcessEnv): readonly string[] {
  const listed = env['APIP_CONFIG_FILE_SOURCE_ALLOWLIST']?.split(',').map((directory) => directory.trim());
  return listed?.filter((directory) => directory !== '') ?? FILE_DIRECTORIES;
}

/** Symbolic links are followed before the check, so a link inside an allowed directory cannot point out of it. */
function readAllowed(file: string, directories: readonly string[]): string {
  const real = realpathSync(resolve(file));
  const inside = directories.some((directory) => real.startsWith(realOrSame(directory) + sep));
  if (!inside)
    throw new Error(`${file} is outside ${directories.join(', ')}; set APIP_CONFIG_FILE_SOURCE_ALLOWLIST to allow its directory`);
  if (statSync(real).size > FILE_BYTES_MAX) throw new Error(`${file} is larger than ${FILE_BYTES_MAX} bytes`);
  return readFileSync(real, 'utf8').trimEnd();
}

function realOrSame(directory: string): string {
  try {
    return realpathSync(directory);
  } catch {
    return resolve(directory);
  }
}
