import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

export type Reply = { readonly status: number; readonly text: string };
export type Ask = {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly ca?: string;
  readonly timeoutMs?: number;
};

/** One HTTP exchange with a process of ours. Rejects when it cannot be had within five seconds, or what is asked for. */
export function ask(url: string, { method = 'GET', headers = {}, body, ca, timeoutMs = 5_000 }: Ask = {}): Promise<Reply> {
  const target = new URL(url);
  return new Promise((resolve, reject) => {
    const send = target.protocol === 'https:' ? httpsRequest : httpRequest;
    const outgoing = send(
      target,
      { method, headers, timeout: timeoutMs, agent: false, ...(ca === undefined ? {} : { ca }) },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (piece: string) => (text += piece));
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer from ${url}`)));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Does it answer 200? */
export async function answersOk(url: string, ca?: string): Promise<boolean> {
  return (await ask(url, ca === undefined ? {} : { ca })).status === 200;
}
