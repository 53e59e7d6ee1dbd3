import {
  FREE_PROPERTIES_MAX,
  FREE_PROPERTY,
  FREE_PROPERTY_CHARS_MAX,
  parseProperty,
  RUNTIME_PROPERTIES,
  type RuntimeSection,
} from '@tidegate/gateway-ir';
import type { FieldError, SettingsAnswer } from '@tidegate/management-api';

type Value = string | number | boolean | null;

/** The values of a section as they are stored and travel, or everything that is wrong with them. `null` = as the router has it. */
export function propertyValues(
  section: RuntimeSection,
  given: Readonly<Record<string, Value>>,
): { readonly values: Record<string, string>; readonly errors: FieldError[] } {
  const values: Record<string, string> = {};
  const errors: FieldError[] = [];
  for (const [name, value] of Object.entries(given)) {
    if (value === null) continue;
    const refuse = (code: string, message: string) => errors.push({ field: `values.${name}`, code, message });
    const property = RUNTIME_PROPERTIES.find((one) => one.name === name && one.section === section);
    if (property !== undefined) {
      const parsed = parseProperty(property, value);
      if (parsed.ok) values[name] = String(parsed.value);
      else refuse('invalid', parsed.message);
    } else if (section !== 'properties' || !FREE_PROPERTY.test(name)) {
      refuse('unknown_field', `there is no such property; those of ${section} are ${namesOf(section).join(', ')}`);
    } else if (typeof value !== 'string' || value.length > FREE_PROPERTY_CHARS_MAX) {
      refuse('invalid', `must be text of at most ${FREE_PROPERTY_CHARS_MAX} characters`);
    } else values[name] = value;
  }
  if (Object.keys(values).filter((name) => FREE_PROPERTY.test(name)).length > FREE_PROPERTIES_MAX)
    errors.push({ field: 'values', code: 'invalid', message: `at most ${FREE_PROPERTIES_MAX} free properties` });
  return { values, errors };
}

/** Stored text as a reader expects it; free properties are texts. */
export function shownValue(name: string, text: string): string | number | boolean {
  const property = RUNTIME_PROPERTIES.find((one) => one.name === name);
  const parsed = property === undefined ? null : parseProperty(property, text);
  return parsed?.ok === true ? parsed.value : text;
}

export function isOfSection(section: RuntimeSection, name: string): boolean {
  return namesOf(section).includes(name) || (section === 'properties' && FREE_PROPERTY.test(name));
}

export function sectionSchema(section: RuntimeSection): SettingsAnswer['schema'] {
  return RUNTIME_PROPERTIES.filter((property) => property.section === section).map(({ name, kind, live, description }) => ({
    name,
    type: kind.is,
    ...(kind.is === 'integer' ? { min: kind.min, max: kind.max, unit: kind.unit } : {}),
    ...(kind.is === 'choice' ? { choices: [...kind.of] } : {}),
    ...(kind.is === 'text' ? { max: kind.charsMax } : {}),
    restartRequired: !live,
    description,
  }));
}

function namesOf(section: RuntimeSection): string[] {
  return RUNTIME_PROPERTIES.filter((property) => property.section === section).map(({ name }) => name);
}
