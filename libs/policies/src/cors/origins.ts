/** Says of an `Origin` whether it is allowed. Compiled once; no regular expression is made of what users write. */
export function originTest(allowed: readonly string[]): (origin: string) => boolean {
  if (allowed.includes('*')) return () => true;
  const exact = new Set(allowed.filter((entry) => !entry.includes('*')).map((entry) => entry.toLowerCase()));
  const wildcards = allowed
    .filter((entry) => entry.includes('*'))
    .map((entry) => {
      const [scheme = '', suffix = ''] = entry.toLowerCase().split('*');
      return { scheme, suffix };
    });
  return (origin) => {
    const wanted = origin.toLowerCase();
    if (exact.has(wanted)) return true;
    return wildcards.some(({ scheme, suffix }) => {
      if (!wanted.startsWith(scheme) || !wanted.endsWith(suffix)) return false;
      // Never less than both together: "https://.example.com" has no label to stand for the star.
      return LABELS.test(wanted.slice(scheme.length, Math.max(scheme.length, wanted.length - suffix.length)));
    });
  };
}

/** One or more labels; without a nested repetition that could be made to backtrack. */
const LABELS = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/;
