/** `***` in place of whatever looks like a credential: our tokens, Authorization values, and named secrets in JSON or query strings. */
export function maskSecrets(line: string): string {
  return PATTERNS.reduce((text, [pattern, shown]) => text.replace(pattern, shown), line);
}

const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/\btg[a-z]_[A-Za-z0-9_-]{16,}/g, 'tg*_***'],
  [/\b(Bearer|Basic) [A-Za-z0-9+/=._~-]{4,}/gi, '$1 ***'],
  [
    /((?:password|passwd|secret|token|api[_-]?key|authorization|credential)"?\s*[:=]\s*)("[^"]{1,4096}"|[^\s"&,;}]{1,4096})/gi,
    '$1***',
  ],
  [/:\/\/[^\s/:@]{1,256}:[^\s/@]{1,256}@/g, '://***:***@'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*/g, '-----BEGIN PRIVATE KEY-----***'],
];
