import type { BundlePart, Command, CommandResult, NodeMessage, StageBundle } from '@tidegate/gateway-ir';

import { createBundleReceiver } from './receive-bundle.ts';

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
  /** JSON of what came of it */
  readonly probe: (environmentId: string) => Promise<string>;
  readonly stage: (bundle: { readonly asked: StageBundle; readonly bundle: Buffer }) => Promise<string>;
  /** Resolves when a successor serves. */
  readonly activate: (version: string) => Promise<null>;
}

export interface CommandRunner {
  /** Never rejects. The same id again is not done again, and answered by what it came to the first time. */
  run(command: Command, tell: Tell): Promise<void>;
  /** Bytes of the bundle that a command said would follow; of any other nothing is kept. */
  part(part: BundlePart): void;
}

/** Ids whose results are remembered */
const REMEMBERED_MAX = 256;

export function createCommandRunner(handlers: CommandHandlers): CommandRunner {
  const receiver = createBundleReceiver();
  const known = new Map<string, Promise<CommandResult | null>>();

  const start = async ({ id, command }: Command, tell: Tell): Promise<CommandResult | null> => {
    const answer = (ok: boolean, message: string): CommandResult => ({ commandId: id, ok, message });
    try {
      switch (command?.$case) {
        case 'restart':
          return handlers.restart(command.value.forceAfterMs);
        case 'collectLogs':
          return answer(true, await handlers.collectLogs(id, command.value, tell));
        case 'probe':
          return answer(true, await handlers.probe(command.value.environmentId));
        case 'stageBundle': {
          const bundle = await receiver.receive(id, command.value.bytes);
          return answer(true, await handlers.stage({ asked: command.value, bundle }));
        }
        case 'activateBundle':
          return await handlers.activate(command.value.version);
        case undefined:
          return answer(false, 'This release does not know that command');
      }
    } catch (error) {
      return answer(false, error instanceof Error ? error.message : String(error));
    }
  };

  return {
    part: (part) => receiver.take(part),
    async run(command, tell) {
      // Sent again over another stream, the parts begin anew.
      if (command.command?.$case === 'stageBundle' && receiver.restart(command.id)) return;
      const doing = known.get(command.id) ?? start(command, tell);
      known.set(command.id, doing);
      const [oldest] = known.keys();
      if (known.size > REMEMBERED_MAX && oldest !== undefined) known.delete(oldest);
      const result = await doing;
      if (result !== null) tell({ $case: 'commandResult', value: result });
    },
  };
}
