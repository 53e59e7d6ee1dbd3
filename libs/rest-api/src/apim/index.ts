export { type ComparableApi, type Content, contentOf, exportedContent } from './content.ts';
export { type Definition, mergeDefinition } from './definition.ts';
export { type ExportedApi, exportApi, type ExportOptions } from './export-api.ts';
export type { Loss } from './losses.ts';
