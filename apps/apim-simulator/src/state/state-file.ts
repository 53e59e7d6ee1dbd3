import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ApimState, SimulatedApi } from './apim-state.ts';

/** Puts back the APIs a former process saved. A file that is not there is an empty APIM; a broken one is an error. */
export function loadApis(state: ApimState, file: string): void {
  if (file === '') return;
  let source: string;
  try {
    source = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const saved = JSON.parse(source) as { readonly apis: readonly SimulatedApi[] }; // our own file: saveApis below wrote it
  for (const api of saved.apis) state.apis.set(api.id, api);
}

/**
 * Saves the APIs, whole, before the answer goes out: what was answered survives kill −9. Synchronous, because there is no
 * moment at which the state may be seen half written.
 */
export function saveApis(state: ApimState, file: string): void {
  if (file === '') return;
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.tmp`;
  writeFileSync(draft, JSON.stringify({ apis: [...state.apis.values()] }), { mode: 0o600 });
  renameSync(draft, file);
}
