import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';

/** Certificate chain and private key of a listener, PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

export interface IdentityFiles {
  readonly certPath: string;
  readonly keyPath: string;
}

/** Throws when a file cannot be read, or the two do not belong together. */
export function readIdentity({ certPath, keyPath }: IdentityFiles): Identity {
  const identity = { cert: readFileSync(certPath, 'utf8'), key: readFileSync(keyPath, 'utf8') };
  createSecureContext(identity);
  return identity;
}

export interface IdentityWatch {
  readonly everyMs: number;
  readonly onChange: (identity: Identity) => void;
  /** The files have changed and are no identity: the old one stays. Told once for each such content */
  readonly onProblem: (error: unknown) => void;
}

/**
 * Looks at the files again and again, by content: mounted secrets are swapped by links, which file notifications miss. A
 * certificate and its key are two writes; between them they do not fit, and the next look finds them whole. Returns what ends it.
 */
export function watchIdentity(
  files: IdentityFiles,
  current: Identity,
  { everyMs, onChange, onProblem }: IdentityWatch,
): () => void {
  let serving = current;
  let problem = '';
  const look = (): void => {
    try {
      const found = readIdentity(files);
      problem = '';
      if (found.cert === serving.cert && found.key === serving.key) return;
      serving = found;
      onChange(found);
    } catch (error) {
      const text = String(error);
      if (text !== problem) onProblem(error);
      problem = text;
    }
  };
  const timer = setInterval(look, everyMs).unref();
  return () => clearInterval(timer);
}
