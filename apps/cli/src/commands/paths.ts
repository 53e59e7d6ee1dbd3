export function apiPath(name: string): string {
  return `/rest-apis/${encodeURIComponent(name)}`;
}
