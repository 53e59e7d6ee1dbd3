import { SaxesParser } from 'saxes';

/** Elements in elements; what recurses over them must not run out of stack. */
const DEPTH_MAX = 100;
/** Of one document: each costs objects of its own (invariant 9) */
const ELEMENTS_MAX = 100_000;
/** Of one element: a list of attributes is compared with itself */
const ATTRIBUTES_MAX = 256;

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

interface Open {
  readonly name: string;
  /** Without a prototype: an element may be named like what objects inherit */
  readonly members: { [name: string]: Json };
  text: string;
}

/**
 * `{rootName: value}`: attributes as `@name`, text beside others as `#text`, repeated elements as lists, in the order of the input.
 * Throws on what is not well-formed, on any document type (and so on every entity of its own), and beyond the bounds.
 */
export function xmlToJson(xml: string): string {
  const parser = new SaxesParser();
  const open: Open[] = [];
  let elements = 0;
  let root: { [name: string]: Json } | null = null;

  parser.on('error', (error) => {
    throw error;
  });
  parser.on('doctype', () => {
    throw new Error('a document type is not accepted');
  });
  parser.on('opentag', ({ name, attributes }) => {
    const given = Object.entries(attributes);
    if (open.length >= DEPTH_MAX) throw new Error(`elements nest deeper than ${DEPTH_MAX}`);
    if (++elements > ELEMENTS_MAX) throw new Error(`more than ${ELEMENTS_MAX} elements`);
    if (given.length > ATTRIBUTES_MAX) throw new Error(`more than ${ATTRIBUTES_MAX} attributes`);
    const members = empty();
    for (const [attribute, value] of given) members[`@${attribute}`] = typed(value);
    open.push({ name, members, text: '' });
  });
  const onText = (text: string): void => {
    const current = open.at(-1);
    if (current !== undefined) current.text += text;
  };
  parser.on('text', onText);
  parser.on('cdata', onText);
  parser.on('closetag', () => {
    const closed = open.pop();
    if (closed === undefined) return;
    const outer = open.at(-1);
    if (outer !== undefined) addTo(outer.members, closed.name, valueOf(closed));
    else {
      root = empty();
      root[closed.name] = valueOf(closed);
    }
  });
  parser.write(xml).close();
  return JSON.stringify(root, null, 2);
}

function empty(): { [name: string]: Json } {
  return Object.create(null) as { [name: string]: Json };
}

function valueOf({ members, text }: Open): Json {
  const value = text.trim();
  if (Object.keys(members).length === 0) return value === '' ? null : typed(value);
  if (value !== '') members['#text'] = typed(value);
  return members;
}

function addTo(members: { [name: string]: Json }, name: string, value: Json): void {
  const before = members[name];
  if (before === undefined) members[name] = value;
  // A value of an element is never a list: a list is what repetition has made.
  else if (Array.isArray(before)) before.push(value);
  else members[name] = [before, value];
}

/** Only what is spelt as JSON would spell it: "007" and numbers too large to keep stay text. */
function typed(text: string): Json {
  if (text === 'true') return true;
  if (text === 'false') return false;
  if (!/^-?(?:0|[1-9]\d{0,15})(?:\.\d{1,15})?$/.test(text)) return text;
  const number = Number(text);
  return Math.abs(number) <= Number.MAX_SAFE_INTEGER && !Object.is(number, -0) ? number : text;
}
