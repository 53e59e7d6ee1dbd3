import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';

import { ConfigError } from '../config/config-error.ts';

export interface WatchedFiles {
  /** PEM; both or neither. '' = nobody proves who we are */
  readonly certFile?: string;
  readonly keyFile?: string;
  /** PEM of the authority that the other side must come from. '' = those Node trusts */
  readonly caFile?: string;
}

export interface WatchOptions {
  readonly everyMs: number;
  /** Files that cannot be used; those before go on being used */
  readonly onProblem: (message: string) => void;
}

interface Identity {
  readonly certificate: Buffer;
  readonly privateKey: Buffer;
}

interface Authority {
  readonly caCertificate: Buffer;
}

type Listener<T> = (update: T | null) => void;

/** A certificate provider as @grpc/grpc-js wants one: new connections use what the files say now. */
export interface WatchedCertificates {
  addCaCertificateListener(listener: Listener<Authority>): void;
  removeCaCertificateListener(listener: Listener<Authority>): void;
  addIdentityCertificateListener(listener: Listener<Identity>): void;
  removeIdentityCertificateListener(listener: Listener<Identity>): void;
}

/**
 * Certificates are renewed while the process runs (cert-manager writes new files): looked at every so often, and used when they are a
 * pair. @throws ConfigError when they cannot be used at start
 */
export function watchCertificates(files: WatchedFiles, { everyMs, onProblem }: WatchOptions): WatchedCertificates {
  let current = load(files);
  let lastProblem = '';
  const identityListeners = new Set<Listener<Identity>>();
  const caListeners = new Set<Listener<Authority>>();
  const look = (): void => {
    try {
      const found = load(files);
      lastProblem = '';
      if (sameText(found, current)) return;
      current = found;
      for (const listener of identityListeners) listener(current.identity);
      for (const listener of caListeners) listener(current.authority);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (message !== lastProblem) onProblem(message);
      lastProblem = message;
    }
  };
  setInterval(look, everyMs).unref();
  return {
    addCaCertificateListener: (listener) => {
      caListeners.add(listener);
      process.nextTick(() => listener(current.authority));
    },
    removeCaCertificateListener: (listener) => void caListeners.delete(listener),
    addIdentityCertificateListener: (listener) => {
      identityListeners.add(listener);
      process.nextTick(() => listener(current.identity));
    },
    removeIdentityCertificateListener: (listener) => void identityListeners.delete(listener),
  };
}

interface Loaded {
  readonly identity: Identity | null;
  readonly authority: Authority;
}

function load({ certFile = '', keyFile = '', caFile = '' }: WatchedFiles): Loaded {
  return {
    identity: certFile === '' || keyFile === '' ? null : pair(certFile, keyFile),
    authority: { caCertificate: caFile === '' ? Buffer.from(rootCertificates.join('\n')) : read(caFile, isCertificate) },
  };
}

function pair(certFile: string, keyFile: string): Identity {
  const certificate = read(certFile, isCertificate);
  const privateKey = read(keyFile, (pem) => void createPrivateKey(pem));
  // While the two are replaced they are of different pairs for a moment: the next look finds them whole
  if (!new X509Certificate(certificate).checkPrivateKey(createPrivateKey(privateKey)))
    throw new ConfigError([`${certFile} and ${keyFile} are not a pair`]);
  return { certificate, privateKey };
}

function isCertificate(pem: Buffer): void {
  void new X509Certificate(pem);
}

function read(file: string, check: (pem: Buffer) => void): Buffer {
  try {
    const pem = readFileSync(file);
    check(pem);
    return pem;
  } catch (error) {
    throw new ConfigError([`${file}: ${error instanceof Error ? error.message : String(error)}`]);
  }
}

function sameText(a: Loaded, b: Loaded): boolean {
  const text = ({ identity, authority }: Loaded) =>
    [identity?.certificate, identity?.privateKey, authority.caCertificate].map((pem) => pem?.toString('base64')).join();
  return text(a) === text(b);
}
