import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Files git knows or would add, relative to the root: what a clone of this tree would hold. */
export function repositoryFiles(): readonly string[] {
  // a checkout mounted into a container belongs to another user, which git refuses unless told otherwise
  const listed = execFileSync('git', ['-c', 'safe.directory=*', 'ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    encoding: 'utf8',
  });
  return listed.split('\0').filter((file) => file !== '' && existsSync(file));
}
