import type { Logger } from '@tidegate/process';
import type { LinkStateRequest } from '@tidegate/sync-link';

import type { Controller } from '../sync/sync-client.ts';

export interface LinkReporter {
  /** Something changed: tell now. */
  tell(): void;
  /** Says goodbye, so that another worker becomes the connector at once. Does not throw. */
  stop(): Promise<void>;
}

export interface LinkReporterOptions {
  readonly controller: Controller;
  readonly state: () => LinkStateRequest;
  /** May this worker hold the WebSocket? */
  readonly onConnector: (isConnector: boolean) => void;
  readonly logger: Logger;
}

/** A third of the time after which the controller takes a connector for silent. */
const INTERVAL_MS = 5000;
/** A controller that was not there is soon: both often start together. */
const RETRY_MS = 500;

/** Keeps the controller informed: at every change, and every 5 s as a sign of life. One call at a time, the latest state last. */
export function startLinkReporter({ controller, state, onConnector, logger }: LinkReporterOptions): LinkReporter {
  let telling: Promise<void> | null = null;
  let again = false;
  let stopped = false;
  let retry: NodeJS.Timeout | undefined;

  const tellOnce = async (): Promise<void> => {
    try {
      const { connector } = await controller.linkState(state());
      if (!stopped) onConnector(connector);
    } catch (error) {
      // Without a controller nobody else can become the connector either: the socket stays as it is.
      logger.debug(
        { reason: error instanceof Error ? error.message : String(error) },
        'Control plane state could not be reported',
      );
      clearTimeout(retry);
      if (!stopped) retry = setTimeout(tell, RETRY_MS);
    }
  };
  const tell = (): void => {
    if (stopped) return;
    if (telling !== null) {
      again = true;
      return;
    }
    telling = tellOnce().finally(() => {
      telling = null;
      if (!again) return;
      again = false;
      tell();
    });
  };
  const timer = setInterval(tell, INTERVAL_MS);
  tell();

  return {
    tell,
    async stop() {
      stopped = true;
      clearInterval(timer);
      clearTimeout(retry);
      await telling;
      const goodbye = { ...state(), connected: false, reason: 'stopped', message: 'apim-sync has stopped' };
      await controller.linkState(goodbye).catch(() => undefined); // the lease runs out by itself
    },
  };
}
