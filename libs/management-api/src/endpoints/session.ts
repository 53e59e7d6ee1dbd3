import type { Endpoint } from '../endpoint.ts';
import { ROLES } from '../roles.ts';
import { sessionAnswer, sessionRequest } from '../session.ts';

const tag = 'Session';

export const sessionEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/session',
    operationId: 'getSession',
    tag,
    summary: 'Who is asking, and what they may',
    roles: ROLES,
    answers: { 200: sessionAnswer },
  },
  {
    method: 'POST',
    path: '/session',
    operationId: 'signIn',
    tag,
    summary: 'Sign in: the answer sets the session cookie',
    roles: 'anyone',
    body: sessionRequest,
    answers: { 201: sessionAnswer },
    refusals: [401, 429],
  },
  {
    method: 'DELETE',
    path: '/session',
    operationId: 'signOut',
    tag,
    summary: 'Sign out: the session ends, the cookie goes',
    roles: ROLES,
    answers: { 204: null },
  },
];
