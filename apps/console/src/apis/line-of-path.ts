import { isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';

/**
 * The line, from 1, on which the value at a JSON path (`spec.operations[0].method`) stands; of a path that leads nowhere, the line of
 * the deepest part that is there. 1 for what cannot be read.
 */
export function lineOfPath(text: string, path: string): number {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  let node: unknown = document.contents;
  let offset = 0;
  for (const step of path.match(/[^.[\]]+/g) ?? []) {
    const next = child(node, step);
    if (next === null) break;
    ({ node, offset } = next);
  }
  return lines.linePos(offset).line;
}

/** Where a field begins is where its name stands. */
function child(node: unknown, step: string): { node: unknown; offset: number } | null {
  if (isSeq(node)) {
    const item = node.items[Number(step)] as Node | undefined;
    return item === undefined ? null : { node: item, offset: item.range?.[0] ?? 0 };
  }
  if (!isMap(node)) return null;
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === step);
  if (!isPair(pair) || !isScalar(pair.key)) return null;
  return { node: pair.value, offset: pair.key.range?.[0] ?? 0 };
}
