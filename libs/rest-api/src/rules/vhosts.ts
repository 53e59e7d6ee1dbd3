import type { SoundDocument } from '../sound.ts';
import type { Report } from './report.ts';

/**
 * Host names, "*.suffix", "prefix*" or "*"; main may list several with ";". The word `_gateway_default_` stands for the
 * gateway's default. WSO2 checks none of it and then serves nothing (reference management-api §2.9).
 */
export function vhostRules({ spec }: SoundDocument, report: Report): void {
  const { main, sandbox } = spec?.vhosts ?? {};
  const mains = (main ?? '').split(';').map((host) => host.trim().toLowerCase());
  if (main !== undefined && main.trim() !== '') {
    const wrong = mains.find((host) => !isHostPattern(host));
    if (wrong !== undefined) report('spec.vhosts.main', 'invalid_format', hostProblem(wrong));
    else if (mains.length > HOSTS_MAX) report('spec.vhosts.main', 'too_big', `An API may have at most ${HOSTS_MAX} vhosts`);
  }
  if (sandbox === undefined || sandbox.trim() === '') return;
  const host = sandbox.trim().toLowerCase();
  if (!isHostPattern(host)) report('spec.vhosts.sandbox', 'invalid_format', hostProblem(host));
  // The two defaults differ, so the sentinel in both places is no contradiction.
  else if (spec?.upstream?.sandbox !== undefined && host !== GATEWAY_DEFAULT && mains.includes(host)) {
    report('spec.vhosts.sandbox', 'contradiction', `Sandbox vhost '${host}' is also a main vhost; they must differ`);
  }
}

/** Every operation is a route on each. */
const HOSTS_MAX = 20;

const GATEWAY_DEFAULT = '_gateway_default_';

export function isHostPattern(host: string): boolean {
  if (host === '*' || host === GATEWAY_DEFAULT) return true;
  return (
    host.length <= 253 &&
    (/^\*\.[a-z0-9]([a-z0-9.\-_]*[a-z0-9])?$/.test(host) || /^[a-z0-9]([a-z0-9.\-_]*(\*|[a-z0-9]))?$/.test(host))
  );
}

function hostProblem(host: string): string {
  return `Invalid vhost '${host}' (expected a host name without port, '*.suffix', 'prefix*' or '*')`;
}
