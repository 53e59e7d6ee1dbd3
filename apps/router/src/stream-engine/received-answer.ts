import type { Head } from '@tidegate/http1';

import { type AnswerView, answerView, endToEndHeaders } from '../exchange/answer-view.ts';
import { pairs } from '../exchange/running-exchange.ts';
import { assertSendable, lowerCase } from '../exchange/sendable.ts';
import { ANSWER_FIELD_NAMES } from '../upstream/header-rules.ts';
import type { AnswerEdit } from './answer-bytes.ts';
import { hasField, joinedValues, rawFields } from './field-bytes.ts';

/**
 * An upstream's answer as policies see it, without a string for any field that none of them asks for. Good as long as the bytes
 * are, which is until the read that brought them ends; `list` makes it good for longer.
 */
export class ReceivedAnswer implements AnswerView {
  #status: number;
  readonly #bytes: Buffer;
  readonly #head: Head;
  readonly #receivedStatus: number;
  readonly #without: string[] = [];
  readonly #added: AddedField[] = [];
  #expired = false;
  /** From when on somebody wanted all fields as a list */
  #listed: AnswerView | null = null;

  constructor(bytes: Buffer, head: Head) {
    this.#status = this.#receivedStatus = head.status;
    this.#bytes = bytes;
    this.#head = head;
  }

  get status(): number {
    return this.#listed === null ? this.#status : this.#listed.status;
  }

  set status(status: number) {
    if (this.#listed === null) this.#status = status;
    else this.#listed.status = status;
  }

  /** What was changed, for `putPassedHead`; `null` = more than that */
  get edit(): AnswerEdit | null {
    if (this.#listed !== null || this.#status !== this.#receivedStatus) return null;
    return { without: this.#without, added: this.#added };
  }

  get statusText(): string | undefined {
    return this.list().statusText;
  }

  get rawHeaders(): string[] {
    return this.list().rawHeaders;
  }

  headers(): [name: string, value: string][] {
    return pairs(this.rawHeaders);
  }

  header(name: string): string | undefined {
    // What Connection names is of this hop: seldom enough to be left to the list.
    if (this.#listed !== null || this.#expired || this.#head.nominates) return this.list().header(name);
    const wanted = lowerCase(name);
    const kept = HIDDEN.has(wanted) || this.#without.includes(wanted) ? undefined : this.#received(wanted);
    const values = this.#added.filter(([other]) => lowerCase(other) === wanted).map(([, value]) => value);
    if (kept !== undefined) values.unshift(kept);
    return values.length === 0 ? undefined : values.join(', ');
  }

  setHeader(name: string, value: string): void {
    assertSendable(name, value);
    if (this.#listed !== null) return this.#listed.setHeader(name, value);
    this.removeHeader(name);
    this.#added.push([name, value]);
  }

  appendHeader(name: string, value: string): void {
    assertSendable(name, value);
    if (this.#listed !== null) this.#listed.appendHeader(name, value);
    else this.#added.push([name, value]);
  }

  removeHeader(name: string): void {
    if (this.#listed !== null) return this.#listed.removeHeader(name);
    const wanted = lowerCase(name);
    if (!this.#expired && hasField(this.#bytes, this.#head, wanted) && !this.#without.includes(wanted))
      this.#without.push(wanted);
    const added = this.#added;
    for (let at = added.length - 1; at >= 0; at--) if (lowerCase((added[at] as AddedField)[0]) === wanted) added.splice(at, 1);
  }

  /** The bytes are another answer's from now on: whoever still asks gets an answer without fields. */
  expire(): void {
    this.#expired = true;
  }

  /** All of it as a list, which outlives the bytes */
  list(): AnswerView {
    if (this.#listed !== null) return this.#listed;
    if (this.#expired) return (this.#listed = answerView(this.#status, []));
    const head = this.#head;
    const connection = head.nominates ? joinedValues(this.#bytes, head, 'connection') : undefined;
    const reason = this.#bytes.toString('latin1', head.reasonStart, head.reasonEnd);
    const listed = answerView(this.#receivedStatus, endToEndHeaders(rawFields(this.#bytes, head), connection), reason);
    // Must not be there (RFC 9110 §8.6), and a client that believed it would wait for a body.
    if (this.#receivedStatus === 204) listed.removeHeader('content-length');
    listed.status = this.#status;
    for (const name of this.#without) listed.removeHeader(name);
    for (const [name, value] of this.#added) listed.appendHeader(name, value);
    return (this.#listed = listed);
  }

  #received(wanted: string): string | undefined {
    if (this.#receivedStatus === 204 && wanted === 'content-length') return undefined;
    return joinedValues(this.#bytes, this.#head, wanted);
  }
}

type AddedField = [name: string, value: string];

const HIDDEN = new Set(ANSWER_FIELD_NAMES);
