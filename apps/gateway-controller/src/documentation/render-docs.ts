import type { OpenApiDocument, OpenApiOperation } from '@tidegate/management-api';

/** The contract as one page: no script, nothing loaded from anywhere, readable without styles too. */
export function renderDocs(document: OpenApiDocument): string {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const groups = Map.groupBy(operations, ({ operation }) => operation.tags[0] ?? '');
  const sections = [...groups].map(
    ([tag, members]) => `<h2 id="${slug(tag)}">${escape(tag)}</h2>${members.map(operationHtml).join('')}`,
  );
  const schemas = Object.entries(document.components.schemas).map(
    ([name, schema]) =>
      `<details id="${slug(name)}"><summary><code>${escape(name)}</code></summary>${schemaHtml(schema)}</details>`,
  );
  const links = [...groups.keys(), 'Schemas'].map((tag) => `<a href="#${slug(tag)}">${escape(tag)}</a>`);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escape(document.info.title)}</title><style>${STYLE}</style></head><body>
<h1>${escape(document.info.title)} <small>${escape(document.info.version)}</small></h1>
<p>${escape(document.info.description)} As a file: <a href="openapi.json">openapi.json</a>.</p>
<nav>${links.join(' · ')}</nav>
${sections.join('\n')}
<h2 id="schemas">Schemas</h2>${schemas.join('\n')}
</body></html>
`;
}

/** Nothing but what is in the page: its one style sheet. */
export const DOCS_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

function operationHtml({ path, method, operation }: { path: string; method: string; operation: OpenApiOperation }): string {
  const { operationId, summary, description, parameters = [], requestBody, responses } = operation;
  const rows = parameters.map(
    (parameter) =>
      `<tr><td><code>${escape(parameter.name)}</code></td><td>${parameter.in}</td><td>${escape(parameter.description ?? '')}</td><td>${schemaHtml(parameter.schema)}</td></tr>`,
  );
  const answers = Object.entries(responses).map(
    ([status, answer]) => `<tr><td>${status}</td><td>${escape(answer.description)}</td><td>${refs(answer.content)}</td></tr>`,
  );
  return `<details id="${escape(operationId)}"><summary><b class="${method}">${method.toUpperCase()}</b> <code>${escape(path)}</code> ${escape(summary)}</summary>
<p>${escape(description)} <code>${escape(operationId)}</code></p>
${requestBody === undefined ? '' : `<p>Body: ${refs(requestBody)}</p>`}
${rows.length === 0 ? '' : `<table>${rows.join('')}</table>`}
<table>${answers.join('')}</table></details>`;
}

function refs(value: unknown): string {
  const names = [...(JSON.stringify(value) ?? '').matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name = '']) => name);
  return [...new Set(names)].map((name) => `<a href="#${slug(name)}">${escape(name)}</a>`).join(', ');
}

function schemaHtml(schema: unknown): string {
  return `<pre>${escape(JSON.stringify(schema, null, 2))}</pre>`;
}

function slug(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a2433;background:#fff}
summary{cursor:pointer;padding:.3rem 0}code,pre{font:13px/1.4 ui-monospace,monospace}pre{background:#f3f5f8;padding:.5rem;overflow:auto;margin:0}
table{border-collapse:collapse;margin:.5rem 0}td{border-top:1px solid #dde2ea;padding:.2rem .6rem;vertical-align:top}
b{display:inline-block;min-width:4rem}.get{color:#0b63b5}.post{color:#1b7f3b}.put,.patch{color:#9a6200}.delete{color:#b3261e}small{color:#667}
@media(prefers-color-scheme:dark){body{color:#dfe5ee;background:#12161d}pre{background:#1c222c}td{border-color:#303947}a{color:#7db7ff}
.get{color:#7db7ff}.post{color:#6fd08c}.put,.patch{color:#f0b457}.delete{color:#ff8a80}}`;
