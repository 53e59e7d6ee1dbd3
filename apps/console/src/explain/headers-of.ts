/** `Name: value` lines as they are pasted; a name that comes again is joined, as HTTP does. A line without a colon is a name alone. */
export function headersOf(text: string): Record<string, string> {
  const headers = new Map<string, string>();
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const [name = '', ...rest] = line.split(':');
    const key = name.trim().toLowerCase();
    const value = rest.join(':').trim();
    const before = headers.get(key);
    headers.set(key, before === undefined ? value : `${before}, ${value}`);
  }
  return Object.fromEntries(headers);
}
