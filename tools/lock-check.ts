import { readFileSync } from 'node:fs';

import { missingOptional, type LockPackages } from './check/missing-optional.ts';

/** An optional package the lock names but does not describe makes `npm ci` fail, or silently skip a platform's binary, elsewhere. */
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: LockPackages }; // npm's format, lockfileVersion 3
const problems = [
  ...missingOptional(lock.packages),
  ...Object.entries(lock.packages)
    .filter(([, entry]) => entry.resolved?.startsWith('http'))
    .map(([path]) => `${path} records a registry's address; .npmrc asks for omit-lockfile-registry-resolved`),
];
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
