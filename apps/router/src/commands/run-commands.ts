import type { Command, CommandResult, NodeMessage } from '@tidegate/gateway-ir';

/** Says something to the controller, if it is there to hear it. */
export type Tell = (message: NonNullable<NodeMessage['message']>) => void;

/** What a node can be told to do. A result of `null`: the end of the process answers. Rejections become results. */
export interface CommandHandlers {
  readonly restart: (forceAfterMs: number) => null;
  readonly collectLogs: (
    id: string,
    asked: { readonly date: string; readonly includeCrash: boolean; readonly includeConfig: boolean },
    tell: Tell,
  ) => Promise<string>;
}

export interface CommandRunner {
  /** Never rejects. The same id again is not done again, and answered by what it came to the first time. */
  run(command: Command, tell: Tell): Promise<void>;
}

/** Ids whose results are remembered */
const REMEMBERED_MAX = 256;

export function createCommandRunner(handlers: CommandHandlers): CommandRunner {
  const known = new Map<string, Promise<CommandResult | null>>();

  const start = async ({ id, command }: Command, tell: Tell): Promise<CommandResult | null> => {
    const answer = (ok: boolean, message: string): CommandResult => ({ commandId: id, ok, message });
    try {
      switch (command?.$case) {
        case 'restart':
          return handlers.restart(command.value.forceAfterMs);
        case 'collectLogs':
          return answer(true, await handlers.collectLogs(id, command.value, tell));
        case undefined:
          return answer(false, 'This release does not know that command');
      }
    } catch (error) {
      return answer(false, error instanceof Error ? error.message : String(error));
    }
  };

  return {
    async run(command, tell) {
      const doing = known.get(command.id) ?? start(command, tell);
      known.set(command.id, doing);
      const [oldest] = known.keys();
      if (known.size > REMEMBERED_MAX && oldest !== undefined) known.delete(oldest);
      const result = await doing;
      if (result !== null) tell({ $case: 'commandResult', value: result });
    },
  };
}
