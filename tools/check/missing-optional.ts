/** The part of package-lock.json (lockfileVersion 3) this needs: by path, "" is the root. */
export type LockPackages = Readonly<
  Record<string, { readonly optionalDependencies?: Readonly<Record<string, string>>; readonly resolved?: string }>
>;

/** Optional dependencies no entry of the lock resolves, as sentences. Names are looked up as Node does: from the package upwards. */
export function missingOptional(packages: LockPackages): readonly string[] {
  return Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !foldersAbove(path).some((folder) => Object.hasOwn(packages, `${folder}node_modules/${name}`)))
      .map((name) => `${path === '' ? 'package.json' : path} names ${name} (optional), which has no entry in package-lock.json`),
  );
}

/** For a/node_modules/b: "a/node_modules/b/", "a/", "": where a node_modules folder may stand. */
function foldersAbove(path: string): readonly string[] {
  const folders = [];
  for (let rest = path; rest !== ''; rest = rest.slice(0, Math.max(0, rest.lastIndexOf('node_modules/') - 1)))
    folders.push(`${rest}/`);
  return [...folders, ''];
}
