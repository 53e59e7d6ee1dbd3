import { navigate } from '../navigation/location.ts';
import { SECTIONS } from './sections.ts';

interface Keys {
  readonly onPalette: () => void;
  readonly onHelp: () => void;
}

/** `g` and then another key, within */
const SEQUENCE_MS = 1500;

const PLACES = new Map<string, string>([
  ...SECTIONS.flatMap(({ sections }) => sections.map(({ key, to }) => [key, to] as const)),
  ['m', '/gateways?tab=migration'],
]);

/**
 * `/` search, `j` and `k` through the rows of a table, `g` and a letter to a section, Ctrl-K or Cmd-K the palette, `?` all of these.
 * None of them while one types or a dialog is open, but the palette. Returns what ends it.
 */
export function listenToKeys({ onPalette, onHelp }: Keys): () => void {
  let wentAt = -SEQUENCE_MS;
  const hear = (event: KeyboardEvent) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === 'k') {
      event.preventDefault();
      return onPalette();
    }
    if (
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      isTyping(event.target) ||
      document.querySelector('[role=dialog]') !== null
    )
      return;
    const place = performance.now() - wentAt < SEQUENCE_MS ? PLACES.get(event.key) : undefined;
    wentAt = event.key === 'g' ? performance.now() : -SEQUENCE_MS;
    if (place !== undefined) {
      wentAt = -SEQUENCE_MS;
      navigate(place);
    } else if (event.key === '/') toSearch(event);
    else if (event.key === '?') onHelp();
    else if (event.key === 'j') toRow(1);
    else if (event.key === 'k') toRow(-1);
  };
  document.addEventListener('keydown', hear);
  return () => document.removeEventListener('keydown', hear);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null;
}

function toSearch(event: KeyboardEvent): void {
  const field = document.querySelector<HTMLInputElement>('input[data-search]');
  if (field === null) return;
  event.preventDefault();
  field.focus();
}

/** To the first link or button of the next row; Enter then opens it. */
function toRow(by: 1 | -1): void {
  const rows = [...document.querySelectorAll('main tbody tr')].map((row) => row.querySelector<HTMLElement>('a, button'));
  const targets = rows.filter((target) => target !== null);
  const at = targets.findIndex((target) => target.closest('tr') === document.activeElement?.closest('tr'));
  targets[at === -1 ? 0 : Math.min(targets.length - 1, Math.max(0, at + by))]?.focus();
}
