import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';

import { doubtful, type Finding, fine, reasonOf } from './finding.ts';

const SUBJECT = 'redis.url';
const TIMEOUT_MS = 5_000;
const MEND = 'start it or mend redis.url; until then sweeps do its work, within a second';

/** Redis is only a doorbell: without it nothing is lost, so that this never fails. */
export async function examineRedis(url: string): Promise<Finding> {
  if (url === '') return fine(SUBJECT, 'not set: sweeps do its work');
  try {
    const answer = await pinged(new URL(url));
    return answer.startsWith('+PONG') ? fine(SUBJECT, 'answers') : doubtful(SUBJECT, answer.replace(/^-/, '').trim(), MEND);
  } catch (error) {
    return doubtful(SUBJECT, reasonOf(error), MEND);
  }
}

/** The last line that Redis answers to AUTH and PING (RESP, redis.io/docs/reference/protocol-spec). */
function pinged({ protocol, hostname, port, username, password }: URL): Promise<string> {
  const at = { host: hostname, port: port === '' ? 6379 : Number(port) };
  const secrets = [username, password].map(decodeURIComponent).filter((text) => text !== '');
  const commands = [...(password === '' ? [] : [['AUTH', ...secrets]]), ['PING']];
  return new Promise((resolve, reject) => {
    const socket = protocol === 'rediss:' ? connectTls({ ...at, servername: hostname }) : connectTcp(at);
    let heard = '';
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the connection was closed')));
    socket.on('data', (bytes) => {
      heard += bytes.toString('latin1');
      const lines = heard.split('\r\n');
      if (!heard.startsWith('-') && lines.length <= commands.length) return;
      resolve((heard.startsWith('-') ? lines[0] : lines.at(-2)) ?? '');
      socket.destroy();
    });
    socket.write(commands.map(encoded).join(''));
  });
}

function encoded(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
}
