import { type Difference, differences } from './differences.ts';

type Tree = Readonly<Record<string, unknown>>;

/** A kind of document that files hold. */
export interface Kind {
  readonly name: 'RestApi' | 'Secret';
  readonly collection: string;
  /** Where the file and what is there differ, as far as it can be known */
  readonly differences: (wanted: Tree, there: Tree) => Difference[];
  /** Whether no difference means that nothing is to be done: a secret's value is never answered, so it is sent every time */
  readonly isKnownWhole: boolean;
}

const REST_API: Kind = { name: 'RestApi', collection: '/rest-apis', differences, isKnownWhole: true };

const SECRET: Kind = {
  name: 'Secret',
  collection: '/secrets',
  differences: (wanted, there) => differences(shownOf(wanted), shownOf(there)),
  isKnownWhole: false,
};

/** What is no secret is taken for an API: what makes sense the server says. */
export function kindOf(document: Tree): Kind {
  return document['kind'] === 'Secret' ? SECRET : REST_API;
}

export function pathOf({ collection }: Kind, name: string): string {
  return `${collection}/${encodeURIComponent(name)}`;
}

/** A secret as it may be looked at. */
function shownOf({ kind, metadata, spec }: Tree): Tree {
  if (typeof spec !== 'object' || spec === null) return { kind, metadata, spec };
  return { kind, metadata, spec: Object.fromEntries(Object.entries(spec).filter(([name]) => name !== 'value')) };
}
