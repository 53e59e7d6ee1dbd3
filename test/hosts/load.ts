import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import { waitFor } from '@tidegate/testkit';

export interface Load {
  /** What was asked of these from now on; a balancer that has noticed */
  readonly serving: Set<string>;
  readonly answered: () => number;
  /** Every answer but 200 so far */
  readonly failures: readonly string[];
  /** That many more answers */
  more(count: number): Promise<void>;
  stop(): Promise<void>;
}

/** Four clients on kept connections, each asking the next router in turn, as fast as answers come but for a breath. */
export function startLoad(urlOf: (router: string) => string, path: string, routers: readonly string[]): Load {
  const serving = new Set(routers);
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const failures: string[] = [];
  let answered = 0;
  let stopped = false;
  const client = async (start: number): Promise<void> => {
    for (let turn = start; !stopped; turn++) {
      const router = [...serving][turn % serving.size];
      if (router === undefined) throw new Error('Nobody serves');
      const outcome = await ask(`${urlOf(router)}${path}`, agent);
      if (outcome === '200') answered += 1;
      else failures.push(`${router}: ${outcome}`);
      await sleep(5);
    }
  };
  const done = Promise.all([0, 1, 2, 3].map(client));
  return {
    serving,
    failures,
    answered: () => answered,
    async more(count) {
      const from = answered;
      await waitFor(() => answered >= from + count, { timeoutMs: 60_000, what: `${count} more answers` });
    },
    async stop() {
      stopped = true;
      await done;
      agent.destroy();
    },
  };
}

function ask(url: string, agent: Agent): Promise<string> {
  return new Promise((resolve) => {
    const sent = get(url, { agent, timeout: 20_000 }, (response) => {
      response.resume().once('end', () => resolve(String(response.statusCode)));
      response.once('error', (error) => resolve(error.message));
    });
    sent.once('timeout', () => sent.destroy(new Error('no answer in 20 s')));
    sent.once('error', (error) => resolve(error.message));
  });
}
