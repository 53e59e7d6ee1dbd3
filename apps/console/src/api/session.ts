import type { Role, SessionAnswer } from '@tidegate/management-api';
import { useSyncExternalStore } from 'react';

import { queryClient } from './query-client.ts';
import { ApiFailure, ask, csrf, onUnauthenticated } from './request.ts';

/** Who is signed in, by a cookie that this page cannot read. */
interface Session {
  readonly user: string;
  readonly roles: readonly Role[];
}

/** `asking` until the controller has said whether the browser's cookie is worth anything */
type SessionState = Session | 'asking' | 'nobody';

let state: SessionState = 'asking';
let isLost = false;
const listeners = new Set<() => void>();

onUnauthenticated.notify = () => {
  if (typeof state === 'string') return;
  isLost = true;
  become('nobody');
};

export function useSession(): SessionState {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => state,
  );
}

/** A session that was there has ended: the page says why it asks again. */
export function sessionWasLost(): boolean {
  return isLost;
}

/** Once, when the page loads. @throws ApiFailure when the controller does not answer */
export async function resumeSession(): Promise<void> {
  try {
    welcome((await ask<SessionAnswer>('GET', '/session')).body);
  } catch (error) {
    if (!(error instanceof ApiFailure) || error.status !== 401) throw error;
    become('nobody');
  }
}

/** @throws ApiFailure when the name or the password is wrong, or the controller does not answer */
export async function signIn(username: string, password: string): Promise<void> {
  welcome((await ask<SessionAnswer>('POST', '/session', { body: { username, password } })).body);
}

/** @throws ApiFailure when the controller could not be told; the session then lives on */
export async function signOut(): Promise<void> {
  await ask('DELETE', '/session');
  csrf.token = '';
  isLost = false;
  queryClient.clear();
  become('nobody');
}

function welcome({ user, csrfToken }: SessionAnswer): void {
  csrf.token = csrfToken ?? '';
  isLost = false;
  become({ user: user.id, roles: user.roles });
}

function become(next: SessionState): void {
  state = next;
  for (const listener of listeners) listener();
}
