import type { GatewayEventItem } from '@tidegate/management-api';

export interface Feed {
  readonly gateway: { readonly id: string; readonly displayName: string };
  readonly kind: 'monitor' | 'alerts';
  /** The newest first */
  readonly events: readonly GatewayEventItem[];
  /** Of a feed without events */
  readonly since: string;
}

/** RFC 4287. Ids are URNs of rows: they never change, wherever the feed is read. */
export function atomFeed({ gateway, kind, events, since }: Feed): string {
  const title = `${gateway.displayName}: ${kind === 'alerts' ? 'alerts' : 'everything'}`;
  const entries = events.map(
    ({ id, at, level, type, title: text, detail }) => `  <entry>
    <id>urn:tidegate:gateway:${gateway.id}:event:${id}</id>
    <title>${escaped(text)}</title>
    <updated>${at}</updated>
    <category term="${level}"/><category term="${type}"/>
    <content type="text">${escaped(JSON.stringify(detail))}</content>
  </entry>`,
  );
  return [
    '<?xml version="1.0" encoding="utf-8"?>',
    '<feed xmlns="http://www.w3.org/2005/Atom">',
    `  <id>urn:tidegate:gateway:${gateway.id}:${kind}</id>`,
    `  <title>${escaped(title)}</title>`,
    `  <updated>${events[0]?.at ?? since}</updated>`,
    '  <author><name>Tidegate</name></author>',
    ...entries,
    '</feed>',
    '',
  ].join('\n');
}

/** XML 1.0: what markup would read, and characters that no document may hold. */
function escaped(text: string): string {
  return (
    text
      .toWellFormed()
      // eslint-disable-next-line no-control-regex -- these are what XML forbids
      .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
  );
}
