import type { CatalogueEntry } from '../../libs/policies/src/catalogue.ts';
import { type ParameterRow, parameterRows } from './parameter-rows.ts';

const GENERATED = '<!-- Generated from libs/policies by `npm run generate`. Do not edit. -->';

/** The page of one policy: what its schema says, then what its README says. */
export function policyPage(entry: CatalogueEntry, readme: string): string {
  const { name, version, fullVersion, description, category, phases, parameters } = entry;
  return [
    GENERATED,
    `# ${name} (${version})`,
    description,
    `Category: ${category}. Version ${fullVersion}. Takes part in: ${phases.join(', ')}.`,
    '## Parameters',
    table(parameterRows(parameters)),
    '## Use',
    `${readme.trim()}\n`,
  ].join('\n\n');
}

/** The page that lists them all. */
export function indexPage(entries: readonly CatalogueEntry[]): string {
  const rows = entries.map(
    ({ name, version, category, description }) => `| [${name}](${name}.md) | ${version} | ${category} | ${cell(description)} |`,
  );
  return [
    GENERATED,
    '# Policies',
    'Request phases run in the order of the list: the API’s policies first, an operation’s in place of those of the same name ' +
      '(`spec.policyMerge: additive`: behind them). Header phases of all policies come before any body phase. Response phases run in reverse. ' +
      'The first policy that answers ends everything: no later policy, no upstream, no response phase.',
    'Around the forwarding stand `cache`, `circuit-breaker` and `retry`: after every request phase, before every response phase, the first of ' +
      'the list outermost. What they answer in place of the upstream goes through the response phases like an answer from there. Their `executionCondition` sees ' +
      'what it would see in the phase `request_headers`.',
    'A good order: `ip-filter`, `cors`, authentication, rate limits, guardrails, what changes the request, then `cache`, `circuit-breaker`, `retry`.',
    ['| policy | version | category | what it does |', '|---|---|---|---|', ...rows].join('\n'),
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n');
}

function table(rows: readonly ParameterRow[]): string {
  if (rows.length === 0) return 'None.';
  const lines = rows.map(
    ({ path, type, preset, meaning }) =>
      `| \`${path}\` | ${cell(type)} | ${preset === '' || preset === 'required' ? preset : `\`${cell(preset)}\``} | ${cell(meaning)} |`,
  );
  return ['| parameter | type | default | meaning |', '|---|---|---|---|', ...lines].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
