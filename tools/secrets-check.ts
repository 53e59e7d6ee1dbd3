import { readFileSync, statSync } from 'node:fs';

import { findSecrets } from './check/find-secrets.ts';
import { repositoryFiles } from './check/repository-files.ts';

const BYTES_MAX = 2 * 1024 * 1024;

const finds = repositoryFiles()
  .filter((file) => statSync(file).size <= BYTES_MAX && file !== 'package-lock.json')
  .flatMap((file) => findSecrets(readFileSync(file, 'utf8')).map((find) => `${file}:${find}`));
for (const find of finds) console.error(find);
process.exitCode = finds.length > 0 ? 1 : 0;
