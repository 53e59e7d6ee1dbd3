import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Settings, SettingsReport } from '@tidegate/gateway-ir';
import type { Logger } from '@tidegate/process';
import { z } from 'zod';

import type { Config } from '../config.ts';
import { ignoreMissing, replaceFile } from '../state-dir/durable-file.ts';
import { overlay, type SettingValues, valuesOf, waitingFor, withLive } from './overlay.ts';

/** What users set for this node's gateway: kept on disk, so that it holds at the next start with nobody to ask. */
export interface RuntimeSettings {
  /** What this process runs with */
  readonly running: Config;
  /** Called with the configuration to run with from now on, of which only live properties have changed. */
  onLive(changed: (config: Config) => void): void;
  /** Keeps them, brings into effect what needs no start, and says what became of each. Rejects when they could not be kept. */
  take(settings: Settings): Promise<SettingsReport>;
  /** Of the settings it started with; `null` = nobody ever sent any. */
  report(): SettingsReport | null;
}

const FILE = 'settings.json';
const kept = z.object({ revision: z.int().min(0), values: z.record(z.string(), z.string()) });

/** A file that cannot be read counts as none: the node starts with its own configuration, and the controller sends them again. */
export async function openRuntimeSettings(own: Config, stateDir: string, logger: Logger): Promise<RuntimeSettings> {
  const path = join(stateDir, FILE);
  const stored = await load(path, logger);
  let { revision, values }: { revision: number; values: SettingValues } = stored ?? { revision: 0, values: {} };
  let running = overlay(own, values).config;
  let changed: (config: Config) => void = () => undefined;

  const report = (): SettingsReport => {
    const { config: wanted, refused } = overlay(own, values);
    const free = Object.entries(values).filter(([name]) => name.startsWith('x-'));
    return {
      revision,
      effective: { ...valuesOf(running), ...Object.fromEntries(free) },
      waiting: waitingFor(running, wanted),
      refused: [...refused],
    };
  };

  return {
    get running() {
      return running;
    },
    onLive(next) {
      changed = next;
    },
    async take(settings) {
      await replaceFile(path, JSON.stringify({ revision: settings.revision, values: settings.values }));
      ({ revision, values } = settings);
      running = withLive(running, overlay(own, values).config);
      changed(running);
      return report();
    },
    report: () => (revision === 0 ? null : report()),
  };
}

async function load(path: string, logger: Logger): Promise<z.output<typeof kept> | null> {
  const text = await readFile(path, 'utf8').catch(ignoreMissing);
  if (text === null) return null;
  try {
    return kept.parse(JSON.parse(text));
  } catch (error) {
    logger.warn({ err: error, path }, 'Settings of the gateway cannot be read; starting with the configuration of this node');
    return null;
  }
}
