import type { Body, Client } from '../client.ts';

const PAGE = 200;

/** Everything of a list, page by page. */
export async function everyPage(client: Client, path: string, plural: string): Promise<Body[]> {
  const items: Body[] = [];
  for (;;) {
    const { body } = await client.call('GET', path, { query: { limit: String(PAGE), offset: String(items.length) } });
    const page = body[plural] as Body[];
    items.push(...page);
    if (page.length < PAGE || items.length >= (body.total ?? 0)) return items;
  }
}
