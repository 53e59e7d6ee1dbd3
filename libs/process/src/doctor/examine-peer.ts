import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';

import { validity } from './examine-certificate.ts';
import { broken, type Finding, fine, reasonOf } from './finding.ts';

const TIMEOUT_MS = 5_000;

export interface Peer {
  /** The setting that names the peer */
  readonly setting: string;
  readonly host: string;
  readonly port: number;
  /** Absent = in clear. `ca` = PEM trusted; `null` = what Node trusts */
  readonly tls?: { readonly ca: string | string[] | null; readonly insecure?: boolean; readonly alpn?: string };
}

/** Reachable, and its certificate trusted, for its name, and valid for some time. Nothing is sent. */
export async function examinePeer(peer: Peer, nowMs: number): Promise<Finding[]> {
  const { setting, host, port, tls } = peer;
  const subject = `${setting} (${host}:${port})`;
  try {
    const socket = await connected(peer);
    const certificate = 'getPeerX509Certificate' in socket ? socket.getPeerX509Certificate() : undefined;
    socket.destroy();
    if (tls === undefined) return [fine(subject, 'answers')];
    const seen = certificate === undefined ? [] : [validity(`certificate of ${host}:${port}`, certificate, nowMs)];
    return [fine(subject, tls.insecure ? 'answers over TLS, not verified' : 'answers over TLS, verified'), ...seen];
  } catch (error) {
    return [broken(subject, reasonOf(error), mendOf(error))];
  }
}

function connected({ host, port, tls }: Peer): Promise<Socket | TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket =
      tls === undefined
        ? connectTcp({ host, port })
        : connectTls({
            host,
            port,
            rejectUnauthorized: tls.insecure !== true,
            ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }),
            ...(tls.ca === null ? {} : { ca: tls.ca }),
            ...(tls.alpn === undefined ? {} : { ALPNProtocols: [tls.alpn] }),
          });
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
    socket.once('error', reject);
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => resolve(socket));
  });
}

function mendOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'is the name right, and does this machine resolve it?';
  if (code === 'ECONNREFUSED') return 'nobody listens there: is it started, and is the port right?';
  if (/CERT|SELF_SIGNED|UNABLE_TO|ALTNAME/.test(code))
    return 'name its authority in the ca_file setting beside it, and the host as its certificate does';
  if (/SSL|EPROTO|TLS/.test(code)) return 'does it speak TLS there, as this setting says?';
  return 'is there a way to it: address, firewall, network policy?';
}
