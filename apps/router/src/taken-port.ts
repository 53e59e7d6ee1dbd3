import { ConfigError } from '@tidegate/process';

/** A taken port is for the operator to mend: names the setting that leads there. */
export function takenPort(setting: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    throw new ConfigError([`${setting} is taken by another process: set another one, or 0 for any`]);
  };
}
