/** A text with expressions between `{{` and `}}`: literal parts and pipelines in turn. */
export type TemplateParts = readonly (string | Pipeline)[];

/** `a | b | c`: the value of each goes to the next as its last argument. */
export interface Pipeline {
  readonly commands: readonly Command[];
}

/** A function and its arguments, or (without a name) one value that stands for itself. */
export interface Command {
  readonly name: string | null;
  readonly args: readonly Argument[];
}

export type Argument = { readonly literal: string } | Pipeline;

export type ParsedTemplate =
  | { readonly ok: true; readonly parts: TemplateParts }
  | { readonly ok: false; readonly message: string };

/** Parentheses in parentheses */
const DEPTH_MAX = 20;

/**
 * The part of Go's template language that WSO2's documents use (reference management-api §2.8): pipelines, parentheses, strings in
 * double quotes and backticks, numbers, comments, and `{{-`, `-}}` which take white space away. Braces themselves: `{{ "{{" }}`.
 */
export function parseTemplate(text: string): ParsedTemplate {
  try {
    return { ok: true, parts: partsOf(text) };
  } catch (error) {
    if (error instanceof Malformed) return { ok: false, message: error.message };
    throw error;
  }
}

class Malformed extends Error {}

function partsOf(text: string): TemplateParts {
  const parts: (string | Pipeline)[] = [];
  let at = 0;
  let trimNext = false;
  const literal = (end: number, trimEnd: boolean) => {
    let part = text.slice(at, end);
    if (trimNext) part = part.trimStart();
    if (trimEnd) part = part.trimEnd();
    if (part !== '') parts.push(part);
  };
  for (let open = text.indexOf('{{'); open >= 0; open = text.indexOf('{{', at)) {
    const trims = /^\{\{-\s/.test(text.slice(open, open + 4));
    literal(open, trims);
    const { tokens, end, trimAfter } = tokensOf(text, open + (trims ? 3 : 2));
    at = end;
    trimNext = trimAfter;
    if (tokens.length > 0) parts.push(pipelineOf(tokens));
  }
  literal(text.length, false);
  return parts;
}

type Token = { readonly is: 'word' | 'literal'; readonly text: string } | { readonly is: '|' | '(' | ')' };

const TOKEN = /\s+|\/\*[\s\S]*?\*\/|"(?:[^"\\\n]|\\.)*"|`[^`]*`|[A-Za-z_][A-Za-z0-9_]*|-?\d+(?:\.\d+)?(?![A-Za-z0-9_])|[|()]/y;

/** Up to and with the `}}`. */
function tokensOf(text: string, from: number): { tokens: Token[]; end: number; trimAfter: boolean } {
  const tokens: Token[] = [];
  TOKEN.lastIndex = from;
  for (let at = from; ; at = TOKEN.lastIndex) {
    const closing = /^(?:\s-)?\}\}/.exec(text.slice(at, at + 4)) ?? /^-\}\}/.exec(at > from ? text.slice(at, at + 3) : '');
    if (closing !== null) return { tokens, end: at + closing[0].length, trimAfter: closing[0].includes('-') };
    TOKEN.lastIndex = at;
    const [token] = TOKEN.exec(text) ?? [];
    if (token === undefined)
      throw new Malformed(
        at >= text.length
          ? 'unclosed action: there is no }} to this {{'
          : `unexpected ${quoted(text[at] ?? '')} in a template expression`,
      );
    if (!/^(?:\s|\/\*)/.test(token)) tokens.push(tokenOf(token));
  }
}

function tokenOf(token: string): Token {
  if (token === '|' || token === '(' || token === ')') return { is: token };
  if (token.startsWith('"')) return { is: 'literal', text: unescaped(token.slice(1, -1)) };
  if (token.startsWith('`')) return { is: 'literal', text: token.slice(1, -1) };
  return { is: /^[A-Za-z_]/.test(token) ? 'word' : 'literal', text: token };
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '"': '"', '\\': '\\' };

function unescaped(text: string): string {
  return text.replace(/\\(?:u([0-9A-Fa-f]{4})|(.))/g, (_, code: string | undefined, letter: string | undefined) => {
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
    const character = ESCAPES[letter ?? ''];
    if (character === undefined) throw new Malformed(`unknown escape \\${letter ?? ''} in a template expression`);
    return character;
  });
}

function pipelineOf(tokens: readonly Token[]): Pipeline {
  let at = 0;
  const pipeline = (depth: number): Pipeline => {
    if (depth > DEPTH_MAX) throw new Malformed('too many parentheses in a template expression');
    const commands = [command(depth)];
    while (tokens[at]?.is === '|') {
      at += 1;
      commands.push(command(depth));
    }
    return { commands };
  };
  const command = (depth: number): Command => {
    const head = tokens[at];
    const name = head?.is === 'word' ? head.text : null;
    if (name !== null) at += 1;
    const args: Argument[] = [];
    for (let token = tokens[at]; token !== undefined && token.is !== '|' && token.is !== ')'; token = tokens[at]) {
      at += 1;
      if (token.is === 'literal') args.push({ literal: token.text });
      // A function without parentheses that is no command's first word: `upper trim`.
      else if (token.is === 'word') args.push({ commands: [{ name: token.text, args: [] }] });
      else {
        args.push(pipeline(depth + 1));
        if (tokens[at]?.is !== ')') throw new Malformed('unclosed parenthesis in a template expression');
        at += 1;
      }
    }
    if (name === null && args.length !== 1)
      throw new Malformed(args.length === 0 ? 'missing value for command' : 'a value takes no arguments: a function is missing');
    return { name, args };
  };
  const whole = pipeline(0);
  if (at < tokens.length) throw new Malformed('unexpected ) in a template expression');
  return whole;
}

function quoted(character: string): string {
  return JSON.stringify(character);
}
