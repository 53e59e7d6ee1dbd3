import type { ApiRoutes } from '@tidegate/gateway-ir';

import { regionOf, regionsOf } from './claim-region.ts';
import type { ClaimOwner } from './claims.ts';
import type { ForeignClaim } from './overlaps.ts';

/** Claims by the first segment of their path; under `null` those that may have any */
type Segments = Map<string | null, Set<string>>;

/** Who claims what on one gateway, found by the claim itself and by where it lies: a write looks at its neighbours only. */
export class ClaimIndex {
  /** Several owners only where the database holds a clash already; the first in it is the oldest */
  readonly #owners = new Map<string, readonly ClaimOwner[]>();
  /** Claims with several owners */
  readonly #contested = new Set<string>();
  /** By host pattern and method */
  readonly #places = new Map<string, Segments>();

  add(claim: string, owner: ClaimOwner): void {
    const owners = this.#owners.get(claim);
    this.#owners.set(claim, owners === undefined ? [owner] : [...owners, owner]);
    if (owners !== undefined) {
      this.#contested.add(claim);
      return;
    }
    const { place, segment } = regionOf(claim);
    let segments = this.#places.get(place);
    if (segments === undefined) this.#places.set(place, (segments = new Map()));
    const claims = segments.get(segment);
    if (claims === undefined) segments.set(segment, new Set([claim]));
    else claims.add(claim);
  }

  remove(claim: string, deploymentId: string): void {
    const others = (this.#owners.get(claim) ?? []).filter((owner) => owner.deploymentId !== deploymentId);
    if (others.length < 2) this.#contested.delete(claim);
    if (others.length > 0) {
      this.#owners.set(claim, others);
      return;
    }
    this.#owners.delete(claim);
    const { place, segment } = regionOf(claim);
    const segments = this.#places.get(place);
    const claims = segments?.get(segment);
    claims?.delete(claim);
    if (claims?.size === 0) segments?.delete(segment);
    if (segments?.size === 0) this.#places.delete(place);
  }

  /** Who owns a claim, other than the given deployment. */
  ownerOf(claim: string, except: string): ClaimOwner | undefined {
    return this.#owners.get(claim)?.find(({ deploymentId }) => deploymentId !== except);
  }

  /** Claims that several deployments have, the oldest owner first: what a write would have refused, and the database holds all the same. */
  contested(): { readonly claim: string; readonly owners: readonly ClaimOwner[] }[] {
    return [...this.#contested].map((claim) => ({ claim, owners: this.#owners.get(claim) ?? [] }));
  }

  /** The claims of other deployments that may overlap with these routes, and whose they are. */
  *near(routes: ApiRoutes): Generator<ForeignClaim> {
    for (const { place, segment } of regionsOf(routes)) {
      const segments = this.#places.get(place);
      if (segments === undefined) continue;
      const near = segment === null ? [...segments.values()] : [segments.get(segment), segments.get(null)];
      for (const claim of near.flatMap((claims) => [...(claims ?? [])])) {
        const owner = this.ownerOf(claim, routes.deploymentId);
        if (owner !== undefined) yield { claim, apiHandle: owner.apiHandle };
      }
    }
  }
}
