export interface DifferenceLine {
  readonly kind: 'same' | 'added' | 'removed';
  readonly text: string;
}

/** Beyond this the table of the comparison grows too large for a browser; everything then counts as replaced. */
const CELLS_MAX = 4_000_000;

/** What has to be taken from `before` and added to make `after`: the longest common subsequence of lines stays. */
export function lineDifference(before: string, after: string): readonly DifferenceLine[] {
  const a = before.split('\n');
  const b = after.split('\n');
  if (a.length * b.length > CELLS_MAX) return [...a.map(removed), ...b.map(added)];
  const width = b.length + 1;
  /** length of the longest common subsequence of a[i…] and b[j…] */
  const common = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      common[i * width + j] =
        a[i] === b[j]
          ? at(common, (i + 1) * width + j + 1) + 1
          : Math.max(at(common, (i + 1) * width + j), at(common, i * width + j + 1));
    }
  }
  const lines: DifferenceLine[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ kind: 'same', text: a[i++] as string });
      j++;
    } else if (j >= b.length || (i < a.length && at(common, (i + 1) * width + j) >= at(common, i * width + j + 1))) {
      lines.push(removed(a[i++] as string));
    } else {
      lines.push(added(b[j++] as string));
    }
  }
  return lines;
}

function at(table: Uint32Array, index: number): number {
  return table[index] as number;
}

function removed(text: string): DifferenceLine {
  return { kind: 'removed', text };
}

function added(text: string): DifferenceLine {
  return { kind: 'added', text };
}
