import { readFileSync } from 'node:fs';

import { houseRuleNotes } from './check/house-rules.ts';
import { repositoryFiles } from './check/repository-files.ts';

/** Reports what breaks a house rule and never fails: a long file or an odd name can be the better one, and the reader decides. */
for (const path of repositoryFiles()) {
  if (!/\.(ts|tsx|mjs)$/.test(path) || path.includes('/generated/') || path.endsWith('vitest.config.ts')) continue;
  for (const note of houseRuleNotes({ path, lines: readFileSync(path, 'utf8').split('\n').length - 1 })) console.log(note);
}
