import { compareVersions, runtimeKey } from '@tidegate/gateway-ir';

import type { Config } from '../config.ts';
import { RUNTIME_VERSION, runsReleasedBundle } from '../version.ts';
import { openBundleStore } from './bundle-store.ts';

/** Names what a successor shall run, in its environment: a version, or "image". */
export const RUNTIME_VARIABLE = 'TIDEGATE_RUNTIME';
/** Version of the image's own code, for the released code that runs in its place. */
export const IMAGE_VERSION_VARIABLE = 'TIDEGATE_IMAGE_VERSION';
/** Starts of an active runtime that never served; then the image's own code runs. */
const FAILED_STARTS_MAX = 3;

export type RuntimeChoice =
  /** This code */
  | { readonly run: 'this'; readonly warning: string | null }
  | { readonly run: 'bundle'; readonly version: string; readonly path: string };

/**
 * Which code this process shall run: the active runtime, if it is newer than the image and its signature is right, else the image's own. An
 * update that cannot be run never keeps a node down. @throws Error when a successor was told to run what it cannot
 */
export async function chooseRuntime({ router }: Config, env: NodeJS.ProcessEnv): Promise<RuntimeChoice> {
  if (runsReleasedBundle) return { run: 'this', warning: null };
  const store = openBundleStore(router.discovery.state_dir, keyOf(router.updates.public_key));
  const told = env[RUNTIME_VARIABLE];
  if (told === 'image') return { run: 'this', warning: null };
  if (told !== undefined) return { run: 'bundle', version: told, path: await store.verified(told) };

  const active = await store.active();
  if (active === null) return { run: 'this', warning: null };
  const { version, failedStarts } = active;
  const instead = (why: string): RuntimeChoice => ({ run: 'this', warning: `Runtime ${version} is not used: ${why}` });
  if (compareVersions(version, RUNTIME_VERSION) <= 0) return instead(`the image has ${RUNTIME_VERSION}`);
  if (failedStarts >= FAILED_STARTS_MAX) return instead(`it did not come to serve ${failedStarts} times`);
  try {
    const path = await store.verified(version);
    await store.noteStart(false);
    return { run: 'bundle', version, path };
  } catch (error) {
    return instead(error instanceof Error ? error.message : String(error));
  }
}

/** What "image" stands for. */
export function imageVersion(env: NodeJS.ProcessEnv): string {
  return env[IMAGE_VERSION_VARIABLE] ?? RUNTIME_VERSION;
}

/** `null` = no updates. The configuration has read it once already. */
export function keyOf(publicKey: string) {
  return publicKey === '' ? null : runtimeKey(publicKey);
}
