import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { once } from 'node:events';
import { basename, dirname, join, posix } from 'node:path';

import { startInChroot } from './chroot.ts';
import type { ImageStage, Instruction } from './parse-dockerfile.ts';

/** What a container of the image would start with. */
export interface StagedImage {
  readonly root: string;
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly user: string;
  readonly volumes: readonly string[];
  readonly command: readonly string[];
}

export interface BuildOptions {
  /** Empty folder; every stage gets a root in it */
  readonly out: string;
  /** Build context */
  readonly context: string;
  readonly nodeFolder: string;
}

/** Runs every instruction of every stage, the commands in a chroot. @throws Error naming the instruction that failed */
export async function buildImage(stages: readonly ImageStage[], options: BuildOptions): Promise<StagedImage> {
  let image: StagedImage | null = null;
  for (const stage of stages) {
    const root = join(options.out, stage.name);
    mkdirSync(root, { recursive: true });
    image = { root, workdir: '/', env: {}, user: '0:0', volumes: [], command: [] };
    for (const instruction of stage.instructions) image = await follow(instruction, image, options);
  }
  if (image === null) throw new Error('The Dockerfile has no stage');
  return image;
}

async function follow(instruction: Instruction, image: StagedImage, options: BuildOptions): Promise<StagedImage> {
  switch (instruction.is) {
    case 'workdir':
      mkdirSync(join(image.root, instruction.text), { recursive: true });
      return { ...image, workdir: instruction.text };
    case 'env':
      return { ...image, env: { ...image.env, [instruction.name]: instruction.value } };
    case 'user':
      return { ...image, user: instruction.text };
    case 'volume':
      return { ...image, volumes: [...image.volumes, instruction.text] };
    case 'cmd':
      return { ...image, command: instruction.command };
    case 'copy':
      copy(instruction, image, options);
      return image;
    case 'run':
      await run(instruction.text, image, options);
      return image;
  }
}

async function run(text: string, { root, workdir, env }: StagedImage, { nodeFolder }: BuildOptions): Promise<void> {
  console.log(`RUN ${text}`);
  // how this machine reaches npm's registry is no part of an image
  const registry = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim();
  const reach = { npm_config_registry: registry, npm_config_cache: '/tmp/npm', CI: 'true', ...extraAuthorities() };
  mkdirSync(join(root, 'etc'), { recursive: true });
  cpSync('/etc', join(root, 'etc'), {
    recursive: true,
    filter: (path) => /^\/etc($|\/(hosts|resolv\.conf|nsswitch\.conf|ssl|ca-certificates)($|\/))/.test(path),
    dereference: true,
  });
  const child = startInChroot(['sh', '-c', text], { root, workdir, env: { ...reach, ...env }, nodeFolder });
  const [code] = (await once(child, 'exit')) as [number | null];
  rmSync(join(root, 'tmp'), { recursive: true, force: true });
  if (code !== 0) throw new Error(`RUN ${text}: exit code ${code}`);
}

function extraAuthorities(): Record<string, string> {
  const file = process.env['NODE_EXTRA_CA_CERTS'];
  return file === undefined ? {} : { NODE_EXTRA_CA_CERTS: file };
}

function copy(instruction: Extract<Instruction, { is: 'copy' }>, image: StagedImage, options: BuildOptions): void {
  const { from, sources, target } = instruction;
  const into = posix.resolve(image.workdir, target);
  for (const source of sources) {
    const origin = from === null ? join(options.context, source) : join(options.out, from, source);
    const isFolder = statSync(origin).isDirectory();
    // Docker copies the content of a folder, and a file under its own name where the target is a folder
    const named =
      isFolder || !(target.endsWith('/') || target === '.' || sources.length > 1) ? into : join(into, basename(source));
    if (from === null && isFolder) copyContext(options.context, source, join(image.root, named));
    else {
      mkdirSync(dirname(join(image.root, named)), { recursive: true });
      cpSync(origin, join(image.root, named), { recursive: true, verbatimSymlinks: true });
    }
  }
}

/** The context is what git knows, committed or not; .dockerignore says the same to Docker. */
function copyContext(context: string, folder: string, into: string): void {
  const list = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z', '--', folder], {
    cwd: context,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  for (const file of list.split('\0').filter((name) => name !== '')) {
    const below = folder === '.' ? file : posix.relative(posix.normalize(folder), file);
    if (!statSync(join(context, file), { throwIfNoEntry: false })) continue; // deleted, not yet committed
    mkdirSync(dirname(join(into, below)), { recursive: true });
    cpSync(join(context, file), join(into, below));
  }
}
