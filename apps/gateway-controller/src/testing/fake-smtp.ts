import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

export interface FakeSmtp {
  readonly port: number;
  /** Whole letters, head and text */
  readonly letters: string[];
  /** How many letters are refused from now on */
  refuse(count: number): void;
  close(): Promise<void>;
}

/** As much of RFC 5321 as a client needs to leave a letter: no TLS, no authentication. */
export async function fakeSmtp(): Promise<FakeSmtp> {
  const letters: string[] = [];
  const sockets = new Set<Socket>();
  let refusing = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket)).on('error', () => undefined);
    const say = (line: string): void => void socket.write(`${line}\r\n`);
    let letter: string | null = null;
    let rest = '';
    say('220 fake');
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      rest += chunk;
      for (let at = rest.indexOf('\r\n'); at !== -1; at = rest.indexOf('\r\n')) {
        const line = rest.slice(0, at);
        rest = rest.slice(at + 2);
        if (letter !== null) {
          if (line !== '.') letter += `${line}\n`;
          else {
            letters.push(letter);
            letter = null;
            say('250 kept');
          }
        } else if (/^DATA/i.test(line)) {
          letter = '';
          say('354 go on');
        } else if (/^MAIL/i.test(line) && refusing > 0) {
          refusing -= 1;
          say('451 later');
        } else if (/^QUIT/i.test(line)) {
          say('221 bye');
          socket.end();
        } else say('250 fine');
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    letters,
    refuse: (count) => void (refusing = count),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
