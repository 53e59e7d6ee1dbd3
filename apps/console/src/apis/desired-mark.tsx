import { StateMark } from '../display/state-mark.tsx';

/** What was asked for; whether routers do it is told per node. */
export function DesiredMark({ state }: { state: 'deployed' | 'undeployed' }) {
  return state === 'deployed' ? (
    <StateMark tone="quiet" icon="server" label="Deployed" />
  ) : (
    <StateMark tone="quiet" icon="serverOff" label="Undeployed" />
  );
}
