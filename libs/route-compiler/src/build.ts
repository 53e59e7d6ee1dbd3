/**
 * Names what this compiler makes of a document. Content hashes compare only under the same build (discovery.proto, rule 7), so
 * it changes whenever the output for the same input may change; golden.test.ts notices when it was forgotten.
 */
export const COMPILER_BUILD = 'tidegate-compiler-4';
