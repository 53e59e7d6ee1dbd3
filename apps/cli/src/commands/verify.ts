import { setTimeout as sleep } from 'node:timers/promises';

import type { Verification } from '@tidegate/management-api';

import { type Arguments, durationMs } from '../arguments.ts';
import type { Client } from '../client.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { formatted } from '../output.ts';
import type { Terminal } from '../terminal.ts';

const EVERY_MS = 1000;

/**
 * `verify [--timeout 30s]`: recomputes the chain document → controller → routers → APIM. What is on its way settles within the
 * timeout (default: asked once); what differs then is named, and the command ends with 1.
 */
export async function verifyCommand(args: Arguments, client: Client, terminal: Terminal): Promise<ExitCode> {
  const endMs = performance.now() + (args.timeout === undefined ? 0 : durationMs(args.timeout));
  for (;;) {
    const { body } = await client.call('GET', '/verify');
    const found = body as Verification;
    if (!found.consistent && performance.now() + EVERY_MS < endMs) {
      await sleep(EVERY_MS);
      continue;
    }
    terminal.print(args.output === undefined ? report(found) : formatted({ value: found, ...differences(found) }, args.output));
    return found.consistent ? EXIT.done : EXIT.different;
  }
}

function report(found: Verification): string {
  const gateways = found.gateways.map(({ handle, epoch, version, documents, controller, routers }) => {
    const live = routers.filter((router) => router.live);
    const same = live.filter(({ verdict }) => verdict === 'same').length;
    return [
      `gateway ${handle}, version ${version} of epoch ${epoch}`,
      `  documents   ${short(documents.hash)}  ${documents.entries} entries, compiled anew`,
      `  controller  ${short(controller.hash)}  ${controller.entries} entries`,
      ...live.map(({ id, hash, verdict }) => `  router      ${short(hash)}  ${id}: ${verdict.replaceAll('_', ' ')}`),
      `  ${same} of ${live.length} routers the same, ${routers.length - live.length} not connected`,
    ].join('\n');
  });
  const { state, apis, same } = found.apim;
  const apim = state === 'compared' ? `APIM: ${same} of ${apis} APIs as wanted` : 'APIM: not configured, not compared';
  const end = found.consistent
    ? 'Everything agrees\n'
    : `${found.total} differ\n${formatted({ value: found, ...differences(found) }, undefined)}`;
  return `${[...gateways, apim].join('\n')}\n${end}`;
}

function differences({ differences: found }: Verification) {
  return {
    header: ['STAGE', 'GATEWAY', 'WHAT', 'DIFFERENCE', 'MESSAGE'],
    rows: found.map(({ stage, gateway, subject, code, message }) => [stage, gateway ?? '', subject, code, message]),
  };
}

function short(hash: string | null): string {
  return hash === null ? '-'.repeat(12) : hash.slice(0, 12);
}
