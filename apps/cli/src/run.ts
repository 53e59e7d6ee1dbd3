import { type Arguments, parseArguments } from './arguments.ts';
import type { Client } from './client.ts';
import { applyCommand } from './commands/apply.ts';
import { configCommand } from './commands/config.ts';
import { contextCommand } from './commands/context.ts';
import { deleteCommand } from './commands/delete.ts';
import { diffCommand } from './commands/diff.ts';
import { doctorCommand } from './commands/doctor.ts';
import { dumpCommand } from './commands/dump.ts';
import { explainCommand } from './commands/explain.ts';
import { getCommand } from './commands/get.ts';
import { keysCommand } from './commands/keys.ts';
import { connect } from './commands/session.ts';
import { syncCommand } from './commands/sync.ts';
import { verifyCommand } from './commands/verify.ts';
import { waitCommand } from './commands/wait.ts';
import { CliError, EXIT, type ExitCode } from './exit-codes.ts';
import { HELP } from './help.ts';
import type { Terminal } from './terminal.ts';

type Command = (args: Arguments, client: Client, terminal: Terminal) => Promise<ExitCode>;

const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ['apply', applyCommand],
  ['delete', deleteCommand],
  ['diff', diffCommand],
  ['dump', dumpCommand],
  ['explain', explainCommand],
  ['get', getCommand],
  ['keys', keysCommand],
  ['sync', syncCommand],
  ['verify', verifyCommand],
  ['wait', waitCommand],
]);

/** One command from its arguments to its exit code. What a user can mend is said, never thrown. */
export async function run(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  try {
    const args = parseArguments(argv);
    const [name] = args.words;
    if (args.help || name === undefined) {
      terminal.print(HELP);
      return args.help ? EXIT.done : EXIT.usage;
    }
    if (name === 'config') return configCommand(args);
    if (name === 'doctor') return doctorCommand(args, terminal);
    if (name === 'context') return await contextCommand(args, terminal);
    const command = COMMANDS.get(name);
    if (command === undefined) throw new CliError(EXIT.usage, `There is no command "${name}"; see tidegate --help`);
    return await command(args, await connect(args, terminal), terminal);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    terminal.say(error.message);
    return error.exitCode;
  }
}
