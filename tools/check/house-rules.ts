/** A file as the house rules see it; `path` relative to the root. */
export interface HouseFile {
  readonly path: string;
  readonly lines: number;
}

const LINES_MANY = 250;
const VAGUE = new Set([
  'utils',
  'util',
  'common',
  'helpers',
  'helper',
  'shared',
  'manager',
  'base',
  'core',
  'impl',
  'misc',
  'types',
]);
const KEBAB = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

/** What a reader would stumble over (CONTRIBUTING, "Style"): names that say nothing, barrels inside folders, files of more than one idea. */
export function houseRuleNotes(file: HouseFile): readonly string[] {
  const folders = file.path.split('/');
  const name = (folders.pop() ?? '').replace(/\..*$/, '');
  const notes = [];
  if (VAGUE.has(name) || folders.some((folder) => VAGUE.has(folder))) notes.push('a name that says nothing about what is inside');
  if (!KEBAB.test(name)) notes.push('not kebab-case');
  if (name === 'index' && folders.at(-1) !== 'src')
    notes.push("a barrel inside a folder; only a library's src/index.ts collects exports");
  if (file.lines > LINES_MANY) notes.push(`${file.lines} lines: is it one idea?`);
  return notes.map((note) => `${file.path}: ${note}`);
}
