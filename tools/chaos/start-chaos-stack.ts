import { startStack } from '../dev/start-stack.ts';
import type { Stack } from '../dev/stack.ts';

/** A stack in which faults pass quickly: short deadlines, leases and waits, and as many attempts as it takes. */
export function startChaosStack(dataDir: string): Promise<Stack> {
  const controlplane = { http_timeout: '1s', retry_initial: '100ms', retry_max: '1s', attempts_max: 100, reconnect_max: '1s' };
  return startStack({ dataDir, ports: 'free', extraConfig: { apim_sync: { lease: '3s' }, controller: { controlplane } } });
}
