import type { EffectiveValue } from '@tidegate/process';

/** One app's settings as a page of docs/operations/configuration: name, environment variable, default. Pure. */
export function referencePage(app: string, values: readonly EffectiveValue[]): string {
  const tables = Map.groupBy(values, ({ path }) => path.slice(0, path.lastIndexOf('.')));
  const sections = [...tables].map(([table, settings]) => {
    const rows = settings.map(
      ({ path, value }) => `| \`${path.slice(table.length + 1)}\` | \`${variableOf(path)}\` | ${shown(value)} |`,
    );
    return [`## [${table}]`, '', '| setting | environment | default |', '|---|---|---|', ...rows].join('\n');
  });
  const about = [
    `# Settings of ${app}`,
    '',
    `Written by \`npm run generate\` from the schema in \`apps/${app}/src/config.ts\`, where a comment stands wherever a name does not say it all. In`,
    'TOML as a table and a key, or in the environment; the environment wins. Times are milliseconds here; `"15s"`, `"5m"` are understood. An unknown',
    'setting is an error that names the nearest known one. `tidegate config --effective` prints what a file and an environment come to.',
  ];
  return `${[about.join('\n'), ...sections].join('\n\n')}\n`;
}

/** `_` inside a name, `__` between names (libs/process/src/config/environment.ts). */
function variableOf(path: string): string {
  return `APIP_GW_${path.toUpperCase().split('.').join('__')}`;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text === undefined ? 'unset' : `\`${text.replaceAll('|', '\\|')}\``;
}
