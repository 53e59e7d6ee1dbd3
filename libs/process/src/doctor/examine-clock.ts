import { broken, doubtful, type Finding, fine } from './finding.ts';

/** Tokens and keys of a short life tell seconds apart; leases are measured by one clock and do not. */
const NOTABLE_MS = 2_000;
const HARMFUL_MS = 60_000;

/** This machine's clock beside another one's. Pure. `spreadMs` = how long asking took: the difference is not known better. */
export function examineClock(other: string, differenceMs: number, spreadMs: number): Finding {
  const surelyMs = Math.max(0, Math.abs(differenceMs) - spreadMs);
  const subject = `clock beside ${other}`;
  const seconds = (differenceMs / 1000).toFixed(1);
  const mend = 'run a time service (chrony, systemd-timesyncd) on both machines';
  if (surelyMs > HARMFUL_MS) return broken(subject, `differs by ${seconds} s: keys and tokens expire at the wrong time`, mend);
  if (surelyMs > NOTABLE_MS) return doubtful(subject, `differs by ${seconds} s`, mend);
  return fine(subject, `differs by less than ${((surelyMs + spreadMs + 999) / 1000).toFixed(0)} s`);
}
