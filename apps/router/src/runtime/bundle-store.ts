import type { KeyObject } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

import { type BundleManifest, judgeBundle, RUNTIME_VERSION_PATTERN, type SignedBundle } from '@tidegate/gateway-ir';
import { z } from 'zod';

import { ignoreMissing, replaceFile } from '../state-dir/durable-file.ts';

/** Runtimes beside the one of the image: `<state_dir>/runtime`. What lies there runs only after its signature was looked at again. */
export interface BundleStore {
  /** Verifies, then keeps. Rejects with what is wrong; nothing is kept then. */
  stage(signed: SignedBundle): Promise<BundleManifest>;
  /** Path of a staged runtime that may be run. Rejects when it is not there or no longer what was signed. */
  verified(version: string): Promise<string>;
  /** What a start of this node shall run; `null` = the image's own. */
  active(): Promise<Active | null>;
  /** `null` = the image's own. */
  activate(version: string | null): Promise<void>;
  /** Counts a start of the active runtime that has not served yet, or, with `served`, that it has. */
  noteStart(served: boolean): Promise<void>;
}

export interface Active {
  readonly version: string;
  /** Starts in a row that never served */
  readonly failedStarts: number;
}

/** Unpacked */
const CODE_BYTES_MAX = 64 * 1024 * 1024;
/** Older ones go; the one that runs and the one before are never among them. */
const KEPT = 3;
const ACTIVE = 'active.json';
const stored = z.object({ version: z.string().regex(RUNTIME_VERSION_PATTERN), failedStarts: z.int().min(0) });
const unzip = promisify(gunzip);

export function openBundleStore(stateDir: string, key: KeyObject | null): BundleStore {
  const folder = join(stateDir, 'runtime');
  const fileOf = (version: string, end: string): string => join(folder, `${checked(version)}.${end}`);

  const trusted = (signed: SignedBundle): BundleManifest => {
    if (key === null) throw new Error('router.updates.public_key is not set: this node runs no runtime but the one of its image');
    const judged = judgeBundle(signed, key);
    if (!judged.ok) throw new Error(`${judged.code}: ${judged.message}`);
    return judged.manifest;
  };

  const load = async (version: string): Promise<SignedBundle> => {
    const [manifest, signature, bundle] = await Promise.all(
      ['manifest', 'signature', 'gz'].map((end) => readFile(fileOf(version, end)).catch(ignoreMissing)),
    );
    if (!manifest || !signature || !bundle) throw new Error(`Runtime ${version} is not on this node`);
    return { manifest, signature, bundle };
  };

  const forgetOld = async (current: string): Promise<void> => {
    const versions = (await readdir(folder)).flatMap((name) => (name.endsWith('.gz') ? [name.slice(0, -3)] : []));
    const active = (await store.active())?.version;
    const old = versions
      .filter((version) => version !== current && version !== active)
      .slice(0, Math.max(0, versions.length - KEPT));
    for (const version of old)
      for (const end of ['gz', 'manifest', 'signature', 'mjs']) await rm(fileOf(version, end), { force: true });
  };

  const store: BundleStore = {
    async stage(signed) {
      const manifest = trusted(signed);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const { version } = manifest;
      await replaceFile(fileOf(version, 'manifest'), [signed.manifest]);
      await replaceFile(fileOf(version, 'signature'), [signed.signature]);
      await replaceFile(fileOf(version, 'gz'), [signed.bundle]);
      await forgetOld(version);
      return manifest;
    },
    async verified(version) {
      const signed = await load(version);
      const manifest = trusted(signed);
      if (manifest.version !== version) throw new Error(`What lies here as ${version} was signed as ${manifest.version}`);
      // Unpacked anew each time: nobody has signed what was unpacked before.
      const path = fileOf(version, 'mjs');
      await replaceFile(path, [await unzip(signed.bundle, { maxOutputLength: CODE_BYTES_MAX })]);
      return path;
    },
    async active() {
      const text = await readFile(join(folder, ACTIVE), 'utf8').catch(ignoreMissing);
      const parsed = text === null ? null : stored.safeParse(parseOrNull(text));
      return parsed?.success === true ? parsed.data : null;
    },
    async activate(version) {
      if (version === null) await rm(join(folder, ACTIVE), { force: true });
      else await replaceFile(join(folder, ACTIVE), JSON.stringify({ version: checked(version), failedStarts: 0 }));
    },
    async noteStart(served) {
      const active = await store.active();
      if (active === null || (served && active.failedStarts === 0)) return;
      const failedStarts = served ? 0 : active.failedStarts + 1;
      await replaceFile(join(folder, ACTIVE), JSON.stringify({ ...active, failedStarts }));
    },
  };
  return store;
}

/** It becomes part of a path. */
function checked(version: string): string {
  if (!RUNTIME_VERSION_PATTERN.test(version)) throw new Error('A runtime version is MAJOR.MINOR.PATCH');
  return version;
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
