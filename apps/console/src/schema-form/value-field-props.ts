import type { ComponentType } from 'react';

import type { JsonSchema } from './json-schema.ts';

export type FieldPath = readonly (string | number)[];

export interface ValueFieldProps {
  readonly schema: JsonSchema;
  readonly label: string;
  readonly path: FieldPath;
  /** undefined = it is not said */
  readonly value: unknown;
  readonly required: boolean;
  /** undefined takes it away */
  readonly onChange: (path: FieldPath, value: unknown) => void;
  /** What is wrong at a path */
  readonly errorAt: (path: FieldPath) => string | undefined;
}

/** Of a field that holds others: what each of them is shown with. */
export interface HoldingProps extends ValueFieldProps {
  readonly Field: ComponentType<ValueFieldProps>;
}
