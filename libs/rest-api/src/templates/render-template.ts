import type { Argument, Pipeline, TemplateParts } from './parse-template.ts';

/** Where the values come from. Pure towards the renderer: equal names give equal values for as long as one rendering takes. */
export interface TemplateValues {
  /** `null` = there is no such secret, or it cannot be opened */
  readonly secret: (name: string) => string | null;
  /** `null` = documents may not read this variable. One that is not set is "" */
  readonly env: (name: string) => string | null;
}

export interface Rendered {
  readonly text: string;
  /** A secret went into it: it is shown nowhere */
  readonly secret: boolean;
}

export type RenderedTemplate =
  | { readonly ok: true; readonly value: Rendered }
  | { readonly ok: false; readonly code: string; readonly message: string };

/** Of one text; what `replace` makes must not grow without end. */
const TEXT_LENGTH_MAX = 256 * 1024;

/** @throws never: what is wrong is a value */
export function renderTemplate(parts: TemplateParts, values: TemplateValues): RenderedTemplate {
  try {
    let text = '';
    let secret = false;
    for (const part of parts) {
      const value = typeof part === 'string' ? { text: part, secret: false } : evaluate(part, values);
      text += value.text;
      secret ||= value.secret;
      bounded(text);
    }
    return { ok: true, value: { text, secret } };
  } catch (error) {
    if (error instanceof Unrenderable) return { ok: false, code: error.code, message: error.message };
    throw error;
  }
}

class Unrenderable extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

function evaluate({ commands }: Pipeline, values: TemplateValues): Rendered {
  const [first, ...rest] = commands as [Pipeline['commands'][number], ...Pipeline['commands']];
  return rest.reduce((value, command) => call(command, value, values), call(first, null, values));
}

function call({ name, args }: Pipeline['commands'][number], piped: Rendered | null, values: TemplateValues): Rendered {
  if (name === null) {
    if (piped !== null) throw new Unrenderable('invalid_template', 'only a function can follow a | in a template expression');
    return argument(args[0] as Argument, values);
  }
  const named = NAMED[name];
  if (named !== undefined) return named(literalOf(name, args, piped), values);
  const pure = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (pure === undefined) throw new Unrenderable('unknown_function', `function "${name}" not defined`);
  const given = [...args.map((one) => argument(one, values)), ...(piped === null ? [] : [piped])];
  if (given.length !== pure.takes)
    throw new Unrenderable('invalid_template', `wrong number of args for ${name}: want ${pure.takes} got ${given.length}`);
  return {
    text: bounded(pure.make(given.map(({ text }) => text))),
    secret: name === 'redact' || given.some(({ secret }) => secret),
  };
}

function argument(one: Argument, values: TemplateValues): Rendered {
  return 'literal' in one ? { text: one.literal, secret: false } : evaluate(one, values);
}

/** Names stand in the document, so that it is known which documents use what. */
function literalOf(name: string, args: readonly Argument[], piped: Rendered | null): string {
  const [only, ...more] = args;
  if (only === undefined || !('literal' in only) || more.length > 0 || piped !== null)
    throw new Unrenderable('invalid_template', `${name} takes one name in quotes`);
  return only.literal;
}

const NAMED: Readonly<Record<string, ((name: string, values: TemplateValues) => Rendered) | undefined>> = Object.assign(
  Object.create(null) as object,
  {
    secret: (name: string, { secret }: TemplateValues) => {
      const text = secret(name);
      if (text === null)
        throw new Unrenderable('unknown_secret', `failed to resolve secret "${name}": configuration not found: id=${name}`);
      return { text, secret: true };
    },
    env: (name: string, { env }: TemplateValues) => {
      const text = env(name);
      if (text === null)
        throw new Unrenderable(
          'env_not_allowed',
          `documents may not read the environment variable ${name}: it is not in controller.templates.env`,
        );
      return { text, secret: false };
    },
  },
);

interface TextFunction {
  readonly takes: number;
  readonly make: (args: readonly string[]) => string;
}

const FUNCTIONS: Readonly<Record<string, TextFunction>> = {
  default: { takes: 2, make: ([fallback = '', value = '']) => (value === '' ? fallback : value) },
  required: {
    takes: 2,
    make: ([message = '', value = '']) => {
      if (value === '') throw new Unrenderable('required', message);
      return value;
    },
  },
  redact: { takes: 1, make: ([value = '']) => value },
  lower: { takes: 1, make: ([value = '']) => value.toLowerCase() },
  upper: { takes: 1, make: ([value = '']) => value.toUpperCase() },
  trim: { takes: 1, make: ([value = '']) => value.trim() },
  replace: { takes: 3, make: ([old = '', by = '', value = '']) => replaced(value, old, by) },
};

/** Refused before it is made: a megabyte of one letter, each replaced by a megabyte, is a terabyte. */
function replaced(value: string, old: string, by: string): string {
  const pieces = value.split(old);
  const length = value.length + (pieces.length - 1) * (by.length - old.length);
  if (length > TEXT_LENGTH_MAX) throw tooLong();
  return pieces.join(by);
}

function bounded(text: string): string {
  if (text.length > TEXT_LENGTH_MAX) throw tooLong();
  return text;
}

function tooLong(): Unrenderable {
  return new Unrenderable('too_big', `a rendered text has more than ${TEXT_LENGTH_MAX} characters`);
}
