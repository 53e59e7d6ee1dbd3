import { setTimeout as sleep } from 'node:timers/promises';

import type { Verification } from '@tidegate/management-api';

import { type Arguments, durationMs } from '../arguments.ts';
import type { Client } from '../client.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { formatted } from '../output.ts';
import type { Terminal } from '../terminal.ts';

const EVERY_MS = 1000;

/**
 * `verify [--look] [--timeout 30s]`: recomputes the chain document → controller → routers → APIM. What is on its way settles within
 * the timeout (default: asked once); what differs then is named, and the command ends with 1. `--look` trusts nothing that is known
 * of APIM: every API is looked at there first, and what had to be mended counts as different.
 */
export async function verifyCommand(args: Arguments, client: Client, terminal: Terminal): Promise<ExitCode> {
  const endMs = performance.now() + (args.timeout === undefined && !args.look ? 0 : durationMs(args.timeout ?? '60s'));
  const since = args.look ? String((await client.call('POST', '/sync/look', { body: {} })).body.since) : undefined;
  for (;;) {
    const { body } = await client.call('GET', '/verify', { query: { since } });
    const found = body as Verification;
    const settled = found.consistent && (since === undefined || found.apim.looking === 0);
    if (!settled && performance.now() + EVERY_MS < endMs) {
      await sleep(EVERY_MS);
      continue;
    }
    terminal.print(args.output === undefined ? report(found) : formatted({ value: found, ...differences(found) }, args.output));
    return settled && found.apim.mended.length === 0 ? EXIT.done : EXIT.different;
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
  const { state, apis, same, looking, mended } = found.apim;
  const apim = [
    state === 'compared' ? `APIM: ${same} of ${apis} APIs as wanted` : 'APIM: not configured, not compared',
    ...(looking > 0 ? [`APIM: ${looking} still to be looked at`] : []),
    ...mended.map((handle) => `APIM had something else for ${handle}; it was pushed again`),
  ];
  const end = found.consistent
    ? 'Everything agrees\n'
    : `${found.total} differ\n${formatted({ value: found, ...differences(found) }, undefined)}`;
  return `${[...gateways, ...apim].join('\n')}\n${end}`;
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
