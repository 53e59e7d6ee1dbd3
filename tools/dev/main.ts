import { ConfigError } from '@tidegate/process';
import { banner } from './banner.ts';
import { helpText, parseOptions } from './options.ts';
import type { Stack } from './stack.ts';
import { startStack } from './start-stack.ts';
import { StartError } from './start-error.ts';

/** `npm start`: starts the stack, says where it is, and stops it in order when asked to. */
// a terminal that is gone must not take the stack down before it has stopped its parts
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
const parsed = parseOptions(process.argv.slice(2));
if (!parsed.ok) {
  process.stderr.write(`${parsed.problems.join('\n')}\nnpm start -- --help lists the options.\n`);
  process.exitCode = 2;
} else if (parsed.options.help) {
  process.stdout.write(helpText);
} else {
  const { ports, verbose, reset, simulator, redis, dataDir, routers, configFiles } = parsed.options;
  const giveUp = new AbortController();
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const options = { dataDir, ports, routers, configFiles, simulator, redis, reset, verbose, say, signal: giveUp.signal };
  const starting = startStack(options);
  stopOnSignal(starting, giveUp);
  try {
    const stack = await starting;
    if (!giveUp.signal.aborted) say(banner(stack, performance.now()));
  } catch (error) {
    process.stderr.write(`\n${explain(error)}\n`);
    process.exit(giveUp.signal.aborted ? 0 : 1);
  }
}

/** The first signal stops everything in order, a start under way too; the second leaves nothing running and does not wait. */
function stopOnSignal(starting: Promise<Stack>, giveUp: AbortController): void {
  let asked = 0;
  const onSignal = (): void => {
    asked += 1;
    giveUp.abort();
    if (asked === 1) void stop(starting);
    else void starting.then((stack) => stack.killAll()).finally(() => process.exit(1));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
}

async function stop(starting: Promise<Stack>): Promise<void> {
  process.stdout.write('\nStopping …\n');
  const stack = await starting.catch(() => null);
  if (stack === null) return; // the start says why it ended, and has cleaned up
  await stack.stop();
  process.stdout.write('Stopped.\n');
  process.exit(0);
}

/** What the user can mend, in plain words; anything else with its stack. */
function explain(error: unknown): string {
  if (error instanceof StartError || error instanceof ConfigError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
