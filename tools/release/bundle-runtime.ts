import { join } from 'node:path';

import { rolldown } from 'rolldown';

import { ROOT } from '../build/apps.ts';

/** The router as one file with everything it needs, npm packages too: a node runs it beside whatever its image has. */
export async function bundleRuntime(): Promise<string> {
  const bundle = await rolldown({
    input: join(ROOT, 'apps/router/src/main.ts'),
    cwd: ROOT,
    platform: 'node',
    tsconfig: join(ROOT, 'tsconfig.json'),
    onwarn: (warning, log) => {
      if (warning.code !== 'CIRCULAR_DEPENDENCY') log(warning);
    },
  });
  try {
    const { output } = await bundle.generate({
      format: 'esm',
      codeSplitting: false,
      // It travels to every router. Names stay: they are in the stack traces of logs.
      minify: { compress: true, mangle: false, codegen: true },
    });
    const [main] = output;
    return main.code;
  } finally {
    await bundle.close();
  }
}
