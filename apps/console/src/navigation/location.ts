import { useSyncExternalStore } from 'react';

/** Everything the console shows is said by the address: path below /console, and the view (search, page, tab) as its query. */
export interface Place {
  readonly path: string;
  readonly query: URLSearchParams;
}

export const BASE = '/console';

const listeners = new Set<() => void>();
/** Asked before leaving; a page with unsaved input sets it. */
let mayLeave: () => boolean = () => true;

window.addEventListener('popstate', announce);
window.addEventListener('beforeunload', (event) => {
  if (guarded) event.preventDefault();
});
let guarded = false;

function announce(): void {
  for (const listener of listeners) listener();
}

export function usePlace(): Place {
  const url = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => window.location.pathname + window.location.search,
  );
  const [pathname = '', search = ''] = url.split('?', 2);
  return { path: pathname.slice(BASE.length) || '/', query: new URLSearchParams(search) };
}

/** `to` is a path below /console, with a query if there is one. */
export function navigate(to: string, { replace = false } = {}): void {
  if (!replace && !mayLeave()) return;
  window.history[replace ? 'replaceState' : 'pushState'](null, '', BASE + to);
  announce();
  if (!replace) window.scrollTo(0, 0);
}

/** Changes a part of the view; an empty value takes the name away. Kept out of the history, like typing in a search field. */
export function changeView(changes: Readonly<Record<string, string>>): void {
  const query = new URLSearchParams(window.location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === '') query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  navigate(window.location.pathname.slice(BASE.length) + (text === '' ? '' : `?${text}`), { replace: true });
}

/** While `isGuarded` is true, leaving the page asks first. Returns what takes the guard away. */
export function guardLeaving(): () => void {
  guarded = true;
  mayLeave = () => window.confirm('Leave this page? What you changed here is not saved.');
  return () => {
    guarded = false;
    mayLeave = () => true;
  };
}
