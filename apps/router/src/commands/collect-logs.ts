import { readFile } from 'node:fs/promises';

import { ignoreMissing } from '../state-dir/durable-file.ts';
import type { LogRing } from './log-ring.ts';
import { maskSecrets } from './mask-secrets.ts';
import type { CommandHandlers, Tell } from './run-commands.ts';

export interface LogSources {
  readonly ring: LogRing;
  /** What the last process wrote before it ended badly */
  readonly crashFile: string;
  /** Every setting with its value, secrets hidden by type */
  readonly configuration: () => string;
}

/** Below the bound of a frame (discovery.proto, rule 6) */
const PART_BYTES = 256 * 1024;

/** Answers how much was sent; nothing at all is no error. */
export function createLogCollector({ ring, crashFile, configuration }: LogSources): CommandHandlers['collectLogs'] {
  return async (id, { date, includeCrash, includeConfig }, tell) => {
    const lines = ring.lines(date);
    const crash = includeCrash ? await readFile(crashFile, 'utf8').catch(ignoreMissing) : null;
    if (lines.length > 0) send(tell, id, 'router.log', `${lines.join('\n')}\n`);
    if (crash !== null) send(tell, id, 'crash.log', crash.split('\n').map(maskSecrets).join('\n'));
    if (includeConfig) send(tell, id, 'configuration.txt', configuration());
    return `${lines.length} lines`;
  };
}

function send(tell: Tell, commandId: string, name: string, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += PART_BYTES) {
    tell({ $case: 'logPart', value: { commandId, name, data: bytes.subarray(at, at + PART_BYTES) } });
  }
}
