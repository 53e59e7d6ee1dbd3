import type { Role } from '@tidegate/management-api';

import { useSession } from './session.ts';

/** `null` = whoever is signed in has one of the roles; otherwise why not, in words for a person. The server decides; this only tells before. */
export function useWhyNot(roles: readonly Role[]): string | null {
  const session = useSession();
  if (typeof session === 'string') return 'Nobody is signed in';
  if (roles.some((role) => session.roles.includes(role))) return null;
  const mine = session.roles.length === 0 ? 'no role' : `the role ${session.roles.join(', ')}`;
  return `Needs the role ${roles.join(' or ')}; ${session.user} has ${mine}`;
}
