import type { z } from 'zod';

/** What the loader needs to know of a zod schema: tables it can name the keys of, free maps whose keys are the user's, and values. */
export type SchemaNode =
  | { readonly is: 'table'; readonly keys: ReadonlyMap<string, SchemaNode>; readonly required: boolean }
  | { readonly is: 'map' }
  | { readonly is: 'list'; readonly of: SchemaNode }
  | { readonly is: 'value'; readonly type: string };

export type Table = Extract<SchemaNode, { is: 'table' }>;

interface AnyDef {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>;
  readonly catchall?: z.core.$ZodType;
  readonly innerType?: z.core.$ZodType;
  readonly in?: z.core.$ZodType;
  readonly out?: z.core.$ZodType;
  readonly element?: z.core.$ZodType;
}

export function tableOf(schema: z.ZodObject): Table {
  const node = nodeOf(schema, true);
  if (node.is !== 'table') throw new Error('The top of a configuration schema is a z.object');
  return node;
}

/** Optional, default, readonly and transforms change what comes out; the loader cares about what is written in the file. */
function nodeOf(schema: z.core.$ZodType, required: boolean): SchemaNode {
  const def = defOf(schema);
  switch (def.type) {
    case 'object':
      if (def.catchall !== undefined && defOf(def.catchall).type !== 'never') return { is: 'map' };
      return {
        is: 'table',
        required,
        keys: new Map(Object.entries(def.shape ?? {}).map(([key, child]) => [key, nodeOf(child, true)])),
      };
    case 'record':
      return { is: 'map' };
    case 'array':
      return { is: 'list', of: def.element ? nodeOf(def.element, true) : { is: 'value', type: 'unknown' } };
    case 'pipe':
      // z.preprocess is a pipe whose left side is the transform; what the file holds is then described by the right side
      return nodeOf(def.in && defOf(def.in).type !== 'transform' ? def.in : (def.out ?? schema), required);
    default:
      return def.innerType ? nodeOf(def.innerType, false) : { is: 'value', type: def.type };
  }
}

/** zod publishes `_zod.def` for such walks. */
function defOf(schema: z.core.$ZodType): AnyDef {
  return schema._zod.def;
}
