/**
 * Things that look like a credential somebody may have to revoke. Few and sharp: a scan that cries wolf is switched off. Development
 * keys are made at run time, so the tree has no reason to hold any of these.
 */
const PATTERNS: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['a private key', /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s*\n?\s*[A-Za-z0-9+/=]{40}/],
  ['an AWS access key', /\bAKIA[0-9A-Z]{16}\b/],
  ['a GitHub token', /\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,})\b/],
  ['an npm token', /\bnpm_[A-Za-z0-9]{36}\b|_authToken\s*=\s*[^\s$]/],
  ['a Slack token', /\bxox[abposr]-[A-Za-z0-9-]{20,}/],
  ['a gateway API key', /\bapip_(?!(?:0{64}|a{64}|f{64})\b)[0-9a-f]{64}\b/],
  ['a password in a URL', /\b(?:postgres(?:ql)?|redis|https?):\/\/[^\s:/@'"`$]+:(?!\*{3})[^\s:/@'"`$]{12,}@/],
];

/** `line: what` for each find in one file's text. */
export function findSecrets(text: string): readonly string[] {
  return PATTERNS.flatMap(([name, pattern]) => {
    const match = pattern.exec(text);
    return match ? [`${text.slice(0, match.index).split('\n').length}: ${name}`] : [];
  });
}
