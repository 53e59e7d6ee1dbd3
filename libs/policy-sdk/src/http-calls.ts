/** What a policy may ask of other servers while it runs. The router does the I/O: policies hold none. */
export interface HttpCalls {
  /**
   * One exchange. Rejects with a message fit for a log when there is no answer in time, the answer is larger than allowed, or the
   * connection fails. Redirects are not followed.
   */
  send(call: HttpCall): Promise<HttpAnswer>;
}

export interface HttpCall {
  readonly method: 'GET' | 'POST';
  /** http or https */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | null;
  readonly timeoutMs: number;
  /** Of the answer's body */
  readonly bytesMax: number;
  readonly tls: {
    readonly skipVerify: boolean;
    /** PEM file of the authority to trust; "" = those of the upstreams */
    readonly caFile: string;
  };
}

export interface HttpAnswer {
  readonly status: number;
  /** First value of a header, by lower-case name */
  header(name: string): string | undefined;
  readonly body: Uint8Array;
}
