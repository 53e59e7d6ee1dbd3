import { createHash } from 'node:crypto';
import type { Fault } from '../control/rules.ts';
import { readArchive } from '../state/import-archive.ts';
import type { SimulatedRequest } from './answer.ts';
import { parseForm } from './multipart.ts';

/** One request received, and what became of it. */
export type Exchange = {
  readonly seq: number;
  readonly at: string;
  readonly endpoint: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** JSON and forms with secrets masked; for a multipart body what was in it */
  readonly body: unknown;
  readonly fault: Fault | null;
  /** did it reach its handler, i.e. could it have taken effect? */
  processed: boolean;
  /** null = no answer went out (yet) */
  status: number | null;
  ms: number | null;
};

export type Recorder = {
  begin(endpoint: string, request: SimulatedRequest, fault: Fault | null): Exchange;
  since(afterSeq: number): readonly Exchange[];
  lastSeq(): number;
  clear(): void;
};

const exchangesMax = 20_000;
const bodyCharactersMax = 64 * 1024;

export function createRecorder(): Recorder {
  let exchanges: Exchange[] = [];
  let seq = 0;
  return {
    begin(endpoint, request, fault) {
      seq += 1;
      const { method, path, query, headers } = request;
      const exchange: Exchange = {
        seq,
        at: new Date().toISOString(),
        endpoint,
        method,
        path,
        query: query.toString(),
        headers: maskHeaders(headers),
        body: describeBody(request),
        fault,
        processed: false,
        status: null,
        ms: null,
      };
      exchanges.push(exchange);
      if (exchanges.length > exchangesMax) exchanges = exchanges.slice(-exchangesMax / 2);
      return exchange;
    },
    since: (afterSeq) => exchanges.filter((exchange) => exchange.seq > afterSeq),
    lastSeq: () => seq,
    clear() {
      exchanges = [];
    },
  };
}

function maskHeaders(headers: SimulatedRequest['headers']): Record<string, string | undefined> {
  const masked = { ...headers };
  for (const name of ['authorization', 'api-key', 'cookie', 'x-control-token']) {
    const value = masked[name];
    if (value !== undefined) masked[name] = value.replace(/(^\S+ )?.*$/s, '$1***');
  }
  return masked;
}

function describeBody(request: SimulatedRequest): unknown {
  if (request.body.length === 0) return null;
  const contentType = request.headers['content-type'] ?? '';
  if (contentType.startsWith('multipart/')) return describeForm(contentType, request.body);
  const source = request.body.subarray(0, bodyCharactersMax).toString('utf8');
  if (!contentType.startsWith('application/x-www-form-urlencoded')) return source;
  const form = new URLSearchParams(source);
  for (const name of ['password', 'client_secret', 'refresh_token']) if (form.has(name)) form.set(name, '***');
  return Object.fromEntries(form);
}

function describeForm(contentType: string, body: Buffer): unknown {
  const form = parseForm(contentType, body);
  if (!form.ok) return { problem: form.problem };
  return form.parts.map(({ name, filename, content }) => {
    const sha256 = createHash('sha256').update(content).digest('hex');
    const read = readArchive(content);
    const described = { name, filename, bytes: content.length, sha256 };
    if (!read.ok) return { ...described, problem: read.problem };
    const { api, environments, entries } = read.archive;
    return {
      ...described,
      entries,
      environments,
      api: { name: api.name, version: api.version, properties: api.additionalProperties },
    };
  });
}
