import { text } from 'node:stream/consumers';

import { run } from './run.ts';

process.exitCode = await run(process.argv.slice(2), {
  env: process.env,
  print: (output) => void process.stdout.write(output),
  say: (line) => void process.stderr.write(`tidegate: ${line}\n`),
  readInput: () => text(process.stdin),
});
