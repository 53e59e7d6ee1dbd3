const NEVER = Infinity;

/** When an exchange has taken too long, by the coarse clock: looked at in its sweeps, so that no request needs timers. */
export class Deadlines {
  #connectAtMs = NEVER;
  #routeAtMs = NEVER;
  #idleAtMs = NEVER;

  /** Each 0 = no bound */
  connecting(nowMs: number, connectMs: number): void {
    if (connectMs > 0) this.#connectAtMs = nowMs + connectMs;
  }

  connected(): void {
    this.#connectAtMs = NEVER;
  }

  /** The request has left; its answer is due. */
  sent(nowMs: number, routeMs: number): void {
    if (routeMs > 0) this.#routeAtMs = nowMs + routeMs;
  }

  /** Something has come or gone. */
  touch(nowMs: number, idleMs: number): void {
    this.#idleAtMs = idleMs > 0 ? nowMs + idleMs : NEVER;
  }

  stop(): void {
    this.#connectAtMs = this.#routeAtMs = this.#idleAtMs = NEVER;
  }

  expired(nowMs: number): 'connect' | 'route' | 'idle' | null {
    if (nowMs >= this.#connectAtMs) return 'connect';
    if (nowMs >= this.#routeAtMs) return 'route';
    return nowMs >= this.#idleAtMs ? 'idle' : null;
  }
}
