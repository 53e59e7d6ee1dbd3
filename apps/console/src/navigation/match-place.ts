/** A page of the console and the id it is about ('' where it is about none). */
export interface Screen {
  readonly name: ScreenName;
  readonly id: string;
}

type ScreenName = (typeof ROUTES)[number][1] | 'unknown';

/** `*` = an id. The first that fits wins. */
const ROUTES = [
  ['/', 'overview'],
  ['/overview', 'overview'],
  ['/apis', 'apis'],
  ['/apis/new', 'new-api'],
  ['/apis/*', 'api'],
  ['/apis/*/edit', 'edit-api'],
  ['/gateways', 'gateways'],
  ['/gateways/*', 'gateway'],
  ['/environments/*', 'environment'],
  ['/migrations/*', 'migration'],
  ['/sync', 'sync'],
  ['/explain', 'explain'],
  ['/audit', 'audit'],
  ['/subscriptions', 'subscriptions'],
  ['/certificates', 'certificates'],
  ['/secrets', 'secrets'],
  ['/settings', 'settings'],
  ['/sync/*', 'api-sync'],
] as const;

export function matchPlace(path: string): Screen {
  const segments = path.replace(/(?<=.)\/$/, '').split('/');
  for (const [pattern, name] of ROUTES) {
    const parts = pattern.split('/');
    if (parts.length !== segments.length || !parts.every((part, at) => part === '*' || part === segments[at])) continue;
    return { name, id: decoded(segments[parts.indexOf('*')] ?? '') };
  }
  return { name: 'unknown', id: '' };
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
