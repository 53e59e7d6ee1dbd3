import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { listeners, type Listener } from './options.ts';

/** A port somebody listens on, and who of us would have. */
export type PortUse = { readonly listener: Listener; readonly port: number; readonly host: string };

/** What is wrong with these ports: one line per port that is taken or wanted twice. */
export async function portProblems(uses: readonly PortUse[]): Promise<readonly string[]> {
  const seen = new Map<number, PortUse>();
  const problems: string[] = [];
  for (const use of uses) {
    const other = seen.get(use.port);
    if (other !== undefined)
      problems.push(
        `Port ${use.port} is wanted twice: for the ${listeners[other.listener].what} and for the ${remedy(use.listener)}`,
      );
    else if (!(await isFree(use))) problems.push(`Port ${use.port} is taken. It is for the ${remedy(use.listener)}`);
    seen.set(use.port, use);
  }
  return problems;
}

function remedy(listener: Listener): string {
  const { what, flag, setting } = listeners[listener];
  return `${what}: choose another with --${flag}${setting === null ? '' : ` (setting ${setting})`}`;
}

/**
 * Ports nobody uses just now, all different: below the range from which systems give outgoing connections theirs (Linux: 32768), so
 * that none of those takes one between here and its listener.
 */
export async function freePorts(count: number): Promise<readonly number[]> {
  const found = new Set<number>();
  for (let tries = 0; found.size < count; tries += 1) {
    if (tries > 1_000) throw new Error('There are no free ports between 20000 and 32000');
    const port = 20_000 + randomInt(12_000);
    if (await isFree({ port, host: '127.0.0.1' })) found.add(port);
  }
  return [...found];
}

async function isFree({ port, host }: Pick<PortUse, 'port' | 'host'>): Promise<boolean> {
  try {
    const server = await listen(port, host);
    await new Promise((resolve) => server.close(resolve));
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EADDRINUSE' || code === 'EACCES') return false;
    throw error;
  }
}

function listen(port: number, host: string) {
  return new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host, exclusive: true }, () => resolve(server));
  });
}
