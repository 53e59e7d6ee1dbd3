import { readFileSync } from 'node:fs';

import { ConfigError } from '@tidegate/process';

import type { ControllerConfig } from '../config.ts';
import { openBytes, sealBytes } from './aes-gcm.ts';

type Providers = ControllerConfig['controller']['encryption']['providers'];

/**
 * The keys under which values lie in the database. The first seals, all of them open: to change the key, put a new one in front and
 * take the old one away when everything is sealed anew, which the next start does.
 */
export class KeyRing {
  readonly #keys: ReadonlyMap<string, Buffer>;
  readonly #current: string | null;

  /** @throws ConfigError naming every key that cannot be read or is not of 32 bytes */
  constructor(providers: Providers) {
    const problems: string[] = [];
    const keys = new Map<string, Buffer>();
    const versions = new Set<string>();
    for (const [at, { keys: listed }] of providers.entries()) {
      for (const [position, key] of listed.entries()) {
        const name = `controller.encryption.providers[${at}].keys[${position}]`;
        const bytes = readKey(key, name, problems);
        if (versions.has(key.version)) problems.push(`${name}.version: '${key.version}' is there twice`);
        versions.add(key.version);
        if (bytes !== null) keys.set(key.version, bytes);
      }
    }
    if (problems.length > 0) throw new ConfigError(problems);
    this.#keys = keys;
    this.#current = [...keys.keys()][0] ?? null;
  }

  /** Version of the key that seals; `null` = there is none: nothing can be sealed */
  get current(): string | null {
    return this.#current;
  }

  has(version: string): boolean {
    return this.#keys.has(version);
  }

  /** `about` is bound to the envelope without being in it. @throws Error without a key */
  seal(text: string, about: string): string {
    const key = this.#current === null ? undefined : this.#keys.get(this.#current);
    if (key === undefined || this.#current === null) throw new Error('There is no encryption key to seal with');
    return `${PREFIX}${this.#current}:${sealBytes(key, Buffer.from(text, 'utf8'), about).toString('base64')}`;
  }

  /** `null` = sealed with a key that is not here, about something else, or changed since. */
  open(envelope: string, about: string): string | null {
    const key = this.#keys.get(versionOf(envelope) ?? '');
    if (key === undefined) return null;
    return openBytes(key, Buffer.from(envelope.slice(envelope.lastIndexOf(':') + 1), 'base64'), about)?.toString('utf8') ?? null;
  }
}

const PREFIX = 'enc:aesgcm:v1:';

/** Of the key that sealed it. */
export function versionOf(envelope: string): string | null {
  return envelope.startsWith(PREFIX) ? envelope.slice(PREFIX.length, envelope.lastIndexOf(':')) : null;
}

const KEY_BYTES = 32;

/** Raw, or as hexadecimal or base64 text. */
function readKey({ file, key }: Providers[number]['keys'][number], name: string, problems: string[]): Buffer | null {
  const given = file === '' ? Buffer.from(key.reveal(), 'utf8') : readFile(file, name, problems);
  if (given === null) return null;
  const text = given.toString('latin1').trim();
  const forms = [given, ...(/^[0-9a-f]{64}$/i.test(text) ? [Buffer.from(text, 'hex')] : []), Buffer.from(text, 'base64')];
  const bytes = forms.find(({ length }) => length === KEY_BYTES);
  if (bytes === undefined)
    problems.push(`${name}: an AES-256 key has ${KEY_BYTES} bytes, raw or written in hexadecimal or base64`);
  return bytes ?? null;
}

function readFile(file: string, name: string, problems: string[]): Buffer | null {
  try {
    return readFileSync(file);
  } catch (error) {
    problems.push(`${name}.file: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
}
