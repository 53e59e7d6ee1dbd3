/** One place where what is deployed is not what the file says; `undefined` = nothing is there. */
export interface Difference {
  readonly path: string;
  readonly deployed: unknown;
  readonly wanted: unknown;
}

type Tree = Readonly<Record<string, unknown>>;

/**
 * Where a document and an API's answer differ. Compared is what a user says, apiVersion, kind, metadata and spec; the order of
 * keys and a null beside nothing do not count. A host the file does not name is the gateway's default, which the answer fills in.
 */
export function differences(wanted: Tree, deployed: Tree): Difference[] {
  const found: Difference[] = [];
  for (const part of ['apiVersion', 'kind', 'metadata', 'spec']) {
    compare(part, wanted[part], part === 'spec' ? withoutDefaults(deployed[part], wanted[part]) : deployed[part], found);
  }
  return found;
}

function withoutDefaults(deployed: unknown, wanted: unknown): unknown {
  if (!isTree(deployed) || !isTree(deployed['vhosts'])) return deployed;
  const asked = isTree(wanted) && isTree(wanted['vhosts']) ? wanted['vhosts'] : {};
  const { vhosts, ...rest } = deployed;
  const named = Object.entries(vhosts).filter(([key]) => asked[key] !== undefined && asked[key] !== null);
  const none = named.length === 0 && !(isTree(wanted) && isTree(wanted['vhosts']));
  return none ? rest : { ...rest, vhosts: Object.fromEntries(named) };
}

function compare(path: string, wanted: unknown, deployed: unknown, found: Difference[]): void {
  if (Array.isArray(wanted) && Array.isArray(deployed)) {
    for (let at = 0; at < Math.max(wanted.length, deployed.length); at++)
      compare(`${path}[${at}]`, wanted[at], deployed[at], found);
  } else if (isTree(wanted) && isTree(deployed)) {
    const keys = [...new Set([...Object.keys(wanted), ...Object.keys(deployed)])].sort();
    for (const key of keys) compare(`${path}.${key}`, own(wanted, key), own(deployed, key), found);
  } else if ((wanted ?? undefined) !== (deployed ?? undefined)) {
    found.push({ path, deployed: deployed ?? undefined, wanted: wanted ?? undefined });
  }
}

function own(tree: Tree, key: string): unknown {
  return Object.hasOwn(tree, key) ? tree[key] : undefined;
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `- path: deployed` and `+ path: wanted`, the way a patch is read */
export function differenceLines(found: readonly Difference[]): string[] {
  return found.flatMap(({ path, deployed, wanted }) => [
    ...(deployed === undefined ? [] : [`- ${path}: ${JSON.stringify(deployed)}`]),
    ...(wanted === undefined ? [] : [`+ ${path}: ${JSON.stringify(wanted)}`]),
  ]);
}
