import type { SoundDocument } from '../sound.ts';

export type Report = (path: string, code: string, message: string) => void;

/** Looks at one section of a document and reports what is wrong with it, in the order of reference management-api §2. */
export type Rule = (document: SoundDocument, report: Report) => void;
