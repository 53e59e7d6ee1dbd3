import type { Diagnostic } from '../diagnostic.ts';
import type { SoundDocument } from '../sound.ts';
import { basicRules } from './basics.ts';
import { metadataRules } from './metadata.ts';
import { operationRules } from './operations.ts';
import type { Report, Rule } from './report.ts';
import { resilienceRules } from './resilience.ts';
import { stateRules } from './state.ts';
import { upstreamDefinitionRules } from './upstream-definitions.ts';
import { upstreamRules } from './upstreams.ts';
import { vhostRules } from './vhosts.ts';

/** What the values must look like. Silent where the shape was already wrong, above and below. */
export function checkRules(document: SoundDocument, faultyPaths: ReadonlySet<string>): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const aboveFaulty = new Set([...faultyPaths].flatMap(withAncestors));
  const report: Report = (path, code, message) => {
    const faulty = aboveFaulty.has(path) || withAncestors(path).some((ancestor) => faultyPaths.has(ancestor));
    if (!faulty) diagnostics.push({ path, code, message });
  };
  for (const rule of RULES) rule(document, report);
  return diagnostics;
}

const RULES: readonly Rule[] = [
  basicRules,
  upstreamDefinitionRules,
  upstreamRules,
  resilienceRules,
  operationRules,
  vhostRules,
  stateRules,
  metadataRules,
];

/** `a.b[0]` → `a.b[0]`, `a.b`, `a` */
function withAncestors(path: string): string[] {
  const ends = Array.from(path.matchAll(/[.[]/g), ({ index }) => index);
  return [path, ...ends.map((end) => path.slice(0, end))];
}
