/** What every push carries (decision 31), so that an API in APIM says whose it is and which document it holds. */
export interface Marks {
  readonly id: string;
  readonly generation: number;
  readonly hash: string;
}

export interface AdditionalProperty {
  readonly name: string;
  readonly value: string;
  readonly display: boolean;
}

const ID = 'tidegate_id';
const GENERATION = 'tidegate_generation';
const HASH = 'tidegate_hash';

export function marksOf({ id, generation, hash }: Marks): AdditionalProperty[] {
  return [
    { name: ID, value: id, display: false },
    { name: GENERATION, value: String(generation), display: false },
    { name: HASH, value: hash, display: false },
  ];
}

/** APIM's registry keeps a thousand characters of a property. */
const VALUE_CHARS_MAX = 1000;

/** What APIM has no place for, beside the marks, so that nothing of a document is missing there: one text, cut into as many as it takes. */
export function keptProperties(unrepresented: string): AdditionalProperty[] {
  const count = Math.ceil(unrepresented.length / VALUE_CHARS_MAX);
  return Array.from({ length: count }, (_, index) => ({
    name: index === 0 ? KEPT : `${KEPT}_${index + 1}`,
    value: unrepresented.slice(index * VALUE_CHARS_MAX, (index + 1) * VALUE_CHARS_MAX),
    display: false,
  }));
}

const KEPT = 'tidegate_unrepresented';

/** The marks among an API's properties; null = it is not one of ours. A damaged generation or hash equals none that we would push. */
export function readMarks(properties: readonly { readonly name: string; readonly value: string }[]): Marks | null {
  const values = new Map(properties.map(({ name, value }) => [name, value]));
  const id = values.get(ID);
  if (id === undefined || id === '') return null;
  const generation = Number(values.get(GENERATION) ?? 0);
  return { id, generation: Number.isSafeInteger(generation) ? generation : 0, hash: values.get(HASH) ?? '' };
}
