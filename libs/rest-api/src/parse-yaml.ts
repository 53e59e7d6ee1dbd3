import { type Document, isAlias, isScalar, Lexer, LineCounter, parseDocument, type Scalar, visit, type YAMLMap } from 'yaml';

/**
 * YAML 1.2 core schema: no custom tags, no merge keys, one document, keys are plain values and unique. Aliases are expanded at
 * most ALIASES_MAX times in all (the "billion laughs" attack). @throws Error whose message's first line is for the user
 */
export function parseYaml(body: string): unknown {
  refuseExcess(body);
  const lines = new LineCounter();
  // The library compares every key of a map with every other; `refuseKeys` needs one pass.
  const document = parseDocument(body, {
    schema: 'core',
    lineCounter: lines,
    logLevel: 'error',
    strict: true,
    uniqueKeys: false,
  });
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem !== undefined) throw new Error(problem.message);
  if (isAlias(document.contents)) throw new Error('the document is an alias');
  refuseKeys(document, lines);
  return document.toJS({ maxAliasCount: ALIASES_MAX });
}

const ALIASES_MAX = 100;

/** About eight for each value that a document may hold (parse-body.ts): white space, line ends and marks are tokens too. */
const TOKENS_MAX = 200_000;

/** Brackets inside one another. Deeper ones have no use, and the parser's time grows faster than their number. */
const BRACKETS_MAX = 64;

/** Reading tokens is cheap and linear; composing a hostile text is neither. */
function refuseExcess(body: string): void {
  let tokens = 0;
  let open = 0;
  for (const token of new Lexer().lex(body)) {
    if (++tokens > TOKENS_MAX) throw new Error(`more than ${TOKENS_MAX} tokens`);
    if (token === '[' || token === '{') open += 1;
    else if (token === ']' || token === '}') open -= 1;
    if (open > BRACKETS_MAX) throw new Error(`nested deeper than ${BRACKETS_MAX} levels`);
  }
}

function refuseKeys(document: Document.Parsed, lines: LineCounter): void {
  visit(document, { Map: (_, map) => refuseKeysOf(map, lines) });
}

function refuseKeysOf(map: YAMLMap, lines: LineCounter): void {
  const seen = new Set<string>();
  for (const { key } of map.items) {
    if (!isScalar(key)) throw new Error('Map keys must be plain values');
    const name = nameOf(key);
    if (seen.has(name)) throw new Error(`Map keys must be unique${placeOf(key, lines)}`);
    seen.add(name);
  }
}

/** The member's name in the object that comes out. */
function nameOf({ value }: Scalar): string {
  // The core schema makes nothing else of a plain value.
  return value === null ? '' : `${value as string | number | boolean}`;
}

function placeOf({ range }: Scalar, lines: LineCounter): string {
  if (range === undefined || range === null) return '';
  const { line, col } = lines.linePos(range[0]);
  return ` at line ${line}, column ${col}`;
}
