import type { Difference, VerifiedGateway } from '@tidegate/management-api';

export interface RouterFacts {
  readonly id: string;
  readonly live: boolean;
  readonly epoch: number;
  readonly version: number;
  /** hex; `null` = nothing said yet */
  readonly hash: string | null;
  readonly rejected: readonly { readonly id: string; readonly message: string }[];
}

export interface SentTable {
  readonly epoch: number;
  readonly version: number;
  readonly hash: string;
}

type Router = VerifiedGateway['routers'][number];
type Found = Omit<Difference, 'gateway'>;

/** What each router last said it serves, beside what it is sent. Pure. */
export function compareRouters(sent: SentTable, facts: readonly RouterFacts[]): { routers: Router[]; differences: Found[] } {
  const routers = facts.map((router) => routerOf(router, verdictOf(sent, router)));
  const differences = facts.flatMap((router, index): Found[] => {
    const verdict = routers[index]?.verdict ?? 'not_live';
    if (verdict === 'not_live') return [];
    const refused = router.rejected.map(({ id, message }) => found('rejected', router.id, `could not build ${id}: ${message}`));
    return verdict === 'same' ? refused : [found(verdict, router.id, messageOf(verdict, sent, router)), ...refused];
  });
  if (!facts.some(({ live }) => live))
    differences.push(found('no_router', '', 'no router is connected: nothing serves this gateway'));
  return { routers, differences };
}

function routerOf({ id, live, epoch, version, hash }: RouterFacts, verdict: Router['verdict']): Router {
  return { id, live, epoch, version, hash, verdict };
}

function verdictOf(sent: SentTable, { live, epoch, version, hash }: RouterFacts): Router['verdict'] {
  if (!live) return 'not_live';
  if (epoch < sent.epoch || (epoch === sent.epoch && version < sent.version)) return 'behind';
  if (epoch > sent.epoch || version > sent.version) return 'ahead';
  return hash === sent.hash ? 'same' : 'other_content';
}

function messageOf(
  verdict: 'behind' | 'ahead' | 'other_content',
  sent: SentTable,
  { epoch, version, hash }: RouterFacts,
): string {
  const here = `serves version ${version} of epoch ${epoch}`;
  if (verdict === 'other_content') return `${here} with hash ${hash ?? 'unknown'}, not ${sent.hash}`;
  return `${here}; the controller is at version ${sent.version} of epoch ${sent.epoch}`;
}

function found(code: Difference['code'], id: string, message: string): Found {
  return { stage: 'router', code, subject: id === '' ? 'routers' : `router ${id}`, message };
}
