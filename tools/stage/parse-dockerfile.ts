/** One build stage: what it starts from, and what is done. */
export interface ImageStage {
  /** An image, or the name of an earlier stage */
  readonly from: string;
  readonly name: string;
  readonly instructions: readonly Instruction[];
}

export type Instruction =
  | { readonly is: 'workdir' | 'user' | 'volume' | 'run'; readonly text: string }
  | { readonly is: 'env'; readonly name: string; readonly value: string }
  | { readonly is: 'copy'; readonly from: string | null; readonly sources: readonly string[]; readonly target: string }
  | { readonly is: 'cmd'; readonly command: readonly string[] };

/** Says nothing about what is in the image. */
const NOTED = ['EXPOSE', 'HEALTHCHECK'];

/**
 * The part of the Dockerfile language that our Dockerfiles use; comments, continuation lines, and nothing else.
 * @throws Error naming line and instruction where a file says more than this understands: a stage that skipped something proves nothing
 */
export function parseDockerfile(text: string): readonly ImageStage[] {
  const stages: { from: string; name: string; instructions: Instruction[] }[] = [];
  for (const { line, number } of logicalLines(text)) {
    const [, keyword = '', rest = ''] = /^([A-Z]+)\s+(.*)$/s.exec(line) ?? [];
    const refuse = (why: string): never => {
      throw new Error(`line ${number}: ${why}: ${line}`);
    };
    if (keyword === 'FROM') {
      const [, from, name] = /^(\S+)(?:\s+AS\s+(\S+))?$/i.exec(rest) ?? refuse('cannot read this FROM');
      stages.push({ from: from ?? '', name: name ?? 'image', instructions: [] });
      continue;
    }
    const stage = stages.at(-1) ?? refuse('comes before FROM');
    if (NOTED.includes(keyword)) continue;
    stage.instructions.push(instruction(keyword, rest) ?? refuse('is not understood'));
  }
  return stages;
}

function instruction(keyword: string, rest: string): Instruction | null {
  if (keyword === 'RUN' || keyword === 'WORKDIR' || keyword === 'USER' || keyword === 'VOLUME') {
    return rest.startsWith('[') || rest.startsWith('--') ? null : { is: WORDS[keyword], text: rest };
  }
  if (keyword === 'ENV') {
    const [, name, value] = /^(\w+)=(\S*)$/.exec(rest) ?? [];
    return name === undefined || value === undefined ? null : { is: 'env', name, value };
  }
  if (keyword === 'CMD') return rest.startsWith('[') ? { is: 'cmd', command: JSON.parse(rest) as string[] } : null;
  if (keyword === 'COPY') return copy(rest.split(/\s+/));
  return null;
}

const WORDS = { RUN: 'run', WORKDIR: 'workdir', USER: 'user', VOLUME: 'volume' } as const;

function copy(words: readonly string[]): Instruction | null {
  const from = /^--from=(\S+)$/.exec(words[0] ?? '')?.[1] ?? null;
  const paths = from === null ? words : words.slice(1);
  const target = paths.at(-1);
  if (target === undefined || paths.length < 2 || paths.some((path) => path.startsWith('--') || /[*?[]/.test(path))) return null;
  return { is: 'copy', from, sources: paths.slice(0, -1), target };
}

function logicalLines(text: string): readonly { readonly line: string; readonly number: number }[] {
  const lines: { line: string; number: number }[] = [];
  let open = false;
  for (const [index, raw] of text.split('\n').entries()) {
    if (raw.trim() === '' || raw.startsWith('#')) continue;
    const piece = raw.replace(/\\$/, '').trim();
    const last = lines.at(-1);
    if (open && last !== undefined) last.line += ` ${piece}`;
    else lines.push({ line: piece, number: index + 1 });
    open = raw.endsWith('\\');
  }
  return lines;
}
