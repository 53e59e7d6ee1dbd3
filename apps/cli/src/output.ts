import { stringify } from 'yaml';

import { oneOf } from './arguments.ts';

type Row = readonly string[];

export interface Printed {
  /** What `-o json` and `-o yaml` print, whole */
  readonly value: unknown;
  readonly header: Row;
  readonly rows: readonly Row[];
  /** Columns that only `-o wide` shows: the last ones */
  readonly wideColumns?: number;
}

/** A value as `-o` asks: json, yaml, wide, or a table. */
export function formatted({ value, header, rows, wideColumns = 0 }: Printed, output: string | undefined): string {
  const form = oneOf(output, ['table', 'wide', 'json', 'yaml'], 'table');
  if (form === 'json') return `${JSON.stringify(value, null, 2)}\n`;
  if (form === 'yaml') return yamlOf(value);
  return table([header, ...rows].map((row) => (form === 'wide' ? row : row.slice(0, row.length - wideColumns))));
}

/** No anchors, which the server refuses, and no line broken */
export function yamlOf(value: unknown): string {
  return stringify(value, { aliasDuplicateObjects: false, lineWidth: 0 });
}

function table(rows: readonly Row[]): string {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, at) => cell.padEnd(widths[at] ?? 0))
          .join('   ')
          .trimEnd()}\n`,
    )
    .join('');
}
