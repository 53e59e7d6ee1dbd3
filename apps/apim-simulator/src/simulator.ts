import type { SimulatorSettings } from './config.ts';
import type { RuleBook } from './control/rules.ts';
import type { GatewaySessions } from './gateway-sessions/gateway-sessions.ts';
import type { Recorder } from './http/recorder.ts';
import type { ApimState } from './state/apim-state.ts';

/** Everything a handler may touch. Handlers are synchronous functions (Simulator, request) → answer. */
export type Simulator = {
  readonly settings: SimulatorSettings;
  /** a copy that `/_control/behaviour` changes while running */
  behaviour: SimulatorSettings['behaviour'] & { readonly token_lifetime: number };
  readonly state: ApimState;
  readonly rules: RuleBook;
  readonly recorder: Recorder;
  readonly sessions: GatewaySessions;
};
