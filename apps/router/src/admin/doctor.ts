import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { open, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';

import { broken, doubtful, examineCertificate, examinePeer, examinePort, type Finding, fine, reasonOf } from '@tidegate/process';

import { type Config, readConfig } from '../config.ts';
import { loadCredential, prepareStateDir } from '../state-dir/credential-file.ts';

/** Two generations of the last-good copy of a large fleet, and the one that is being written. */
const FREE_BYTES_MIN = 256 * 1024 * 1024;
const STATE_DIR = 'router.discovery.state_dir';

/** Everything the router needs, looked at without starting it. It writes and removes one file in its state directory. */
export async function examineRouter(files: readonly string[]): Promise<Finding[]> {
  const { router } = readConfig(files, process.env);
  return [
    await examinePort('router.listener_port', router.host, router.listener_port),
    ...(router.https_enabled ? [await examinePort('router.https_port', router.host, router.https_port)] : []),
    await examinePort('router.admin_port', router.admin_host, router.admin_port),
    await examinePort('router.metrics_port', router.metrics_host, router.metrics_port),
    ...certificates(router),
    ...(await kept(router.discovery)),
    ...(await controller(router.discovery)),
  ];
}

type Discovery = Config['router']['discovery'];

function certificates({ https_enabled: isOn, downstream_tls: tls, upstream }: Config['router']): Finding[] {
  const setting = 'router.downstream_tls.cert_path';
  const own = isOn ? [examineCertificate({ setting, certFile: tls.cert_path, keyFile: tls.key_path }, Date.now())] : [];
  const ca = upstream.tls.ca_file;
  return [
    ...own,
    ...(ca === '' ? [] : [examineCertificate({ setting: 'router.upstream.tls.ca_file', certFile: ca }, Date.now())]),
  ];
}

/** What a node keeps on disk. Where nothing can be kept there is no more to look at. */
async function kept(discovery: Discovery): Promise<Finding[]> {
  const folder = await examineFolder(discovery.state_dir);
  return folder.verdict === 'fail' ? [folder] : [folder, await identity(discovery)];
}

async function examineFolder(folder: string): Promise<Finding> {
  const subject = `${STATE_DIR} (${folder})`;
  const probe = join(folder, `doctor-${randomUUID()}`);
  try {
    await prepareStateDir(folder);
    const file = await open(probe, 'wx', 0o600);
    try {
      await file.write('x');
      await file.sync();
    } finally {
      await file.close();
      await rm(probe, { force: true });
    }
    const { bavail, bsize } = await statfs(folder);
    const freeMiB = Math.floor((bavail * bsize) / 1024 / 1024);
    if (bavail * bsize < FREE_BYTES_MIN)
      return doubtful(
        subject,
        `${freeMiB} MiB are free`,
        'make room: a full disk keeps new tables from being kept for a cold start',
      );
    return fine(subject, `can be written, ${freeMiB} MiB free`);
  } catch (error) {
    return broken(subject, reasonOf(error), `give this user a directory it may write, on a disk with room, as ${STATE_DIR}`);
  }
}

async function identity({ state_dir: folder, join_token: token }: Discovery): Promise<Finding> {
  const subject = 'node credential';
  try {
    const credential = await loadCredential(folder);
    if (credential === null) {
      if (token.reveal() === '')
        return broken(
          subject,
          'none yet, and no token to join with',
          'set router.discovery.join_token to a join token or the enrolment key',
        );
      return fine(subject, 'none yet; the join token is exchanged for one');
    }
    const isGood = credential.expiresAtMs > Date.now();
    const copy = await stat(join(folder, 'last-good')).catch(() => null);
    const table = copy === null ? '' : `, last good table of ${copy.mtime.toISOString()}`;
    if (isGood) return fine(subject, `node ${credential.nodeId} of gateway ${credential.gatewayHandle}${table}`);
    return token.reveal() === ''
      ? broken(subject, 'expired', 'set router.discovery.join_token to a fresh token')
      : doubtful(subject, 'expired; the join token is tried', 'see that the token is one that was not used yet');
  } catch (error) {
    return broken(subject, reasonOf(error), 'move the file away and join again with a fresh token');
  }
}

async function controller({ address, tls }: Discovery): Promise<Finding[]> {
  const setting = 'router.discovery.address';
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
  const peer = { setting, host, port: Number(address.slice(colon + 1)) };
  if (!tls.enabled) return examinePeer(peer, Date.now());
  if (tls.ca_file === '') return examinePeer({ ...peer, tls: { ca: null, alpn: 'h2' } }, Date.now());
  const authority = examineCertificate({ setting: 'router.discovery.tls.ca_file', certFile: tls.ca_file }, Date.now());
  if (authority.verdict === 'fail') return [authority];
  return [authority, ...(await examinePeer({ ...peer, tls: { ca: readFileSync(tls.ca_file, 'utf8'), alpn: 'h2' } }, Date.now()))];
}
