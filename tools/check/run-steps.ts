import { spawn } from 'node:child_process';

export interface Step {
  readonly name: string;
  /** a program of node_modules/.bin and its arguments */
  readonly command: readonly string[];
}

export interface StepResult {
  readonly name: string;
  readonly passed: boolean;
  readonly seconds: number;
  readonly output: string;
}

/** Runs every step, `width` at a time in the order given, whatever fails; results come in the order of the steps. */
export async function runSteps(
  steps: readonly Step[],
  width: number,
  done: (result: StepResult) => void,
): Promise<readonly StepResult[]> {
  const results: StepResult[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (;;) {
      const index = next++;
      const step = steps[index];
      if (!step) return;
      const result = await runStep(step);
      results[index] = result;
      done(result);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}

function runStep(step: Step): Promise<StepResult> {
  const startMs = performance.now();
  const [program = '', ...args] = step.command;
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
    const settle = (passed: boolean): void => {
      resolve({ name: step.name, passed, seconds: (performance.now() - startMs) / 1000, output: output.trim() });
    };
    child.on('error', (error) => {
      output += error.message;
      settle(false);
    });
    child.on('close', (code) => settle(code === 0));
  });
}
