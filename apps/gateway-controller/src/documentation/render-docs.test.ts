import { ENDPOINTS, openApiDocument } from '@tidegate/management-api';
import { expect, it } from 'vitest';

import { renderDocs } from './render-docs.ts';

const page = renderDocs(openApiDocument('1.2.3'));

it('shows every operation and links to nothing that is not there', () => {
  const ids = new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
  for (const { operationId } of ENDPOINTS) expect(ids).toContain(operationId);
  const links = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
  expect(links.filter((id) => !ids.has(id))).toEqual([]);
});

it('loads nothing from anywhere and runs nothing', () => {
  expect(page).not.toMatch(/<script|<link|<img|<iframe|src=|@import|url\(/i);
});

it('shows text as text', () => {
  const document = openApiDocument('<script>alert(1)</script>');
  expect(renderDocs(document)).not.toContain('<script>');
});
