import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';

/** A body that policies asked to see whole. */
export type WholeBody =
  | { readonly is: 'whole'; readonly bytes: Uint8Array }
  | { readonly is: 'too-large' }
  | { readonly is: 'too-slow' }
  /** The sender went away */
  | { readonly is: 'cut' };

/** Reads at most `bytesMax`; `idleMs` without a byte is too slow (0 = no bound). Never throws. */
export function readWhole(message: Readable, { bytesMax, idleMs }: { bytesMax: number; idleMs: number }): Promise<WholeBody> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const timer = idleMs > 0 ? setTimeout(() => done({ is: 'too-slow' }), idleMs) : null;
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      chunks.push(chunk);
      timer?.refresh();
      if (bytes > bytesMax) done({ is: 'too-large' });
    };
    const onEnd = (): void => done({ is: 'whole', bytes: Buffer.concat(chunks) });
    const onCut = (): void => done({ is: 'cut' });
    const done = (result: WholeBody): void => {
      if (timer !== null) clearTimeout(timer);
      message.off('data', onData).off('end', onEnd).off('close', onCut);
      if (result.is !== 'whole') message.pause();
      resolve(result);
    };
    message.on('data', onData).on('end', onEnd).on('close', onCut).on('error', onCut);
  });
}

/** Does this request carry a body? Decided by its framing, as RFC 9112 §6.3 says, not by its method. */
export function hasBody(request: IncomingMessage): boolean {
  const length = request.headers['content-length'];
  return request.headers['transfer-encoding'] !== undefined || (length !== undefined && Number(length) > 0);
}

/** Tells a client that waits for it (RFC 9110 §10.1.1) to send its body: once, when the body is going to be read. */
export function inviteBody({ request, response }: { request: IncomingMessage; response: ServerResponse }): void {
  if (request.headers.expect !== undefined && request.httpVersionMinor > 0) response.writeContinue();
}

/** Answers without a body, whatever their headers say (RFC 9110 §6.4.1). */
export function answerHasBody(method: string, status: number): boolean {
  return method !== 'HEAD' && status !== 204 && status !== 304;
}

/** An answer to anything but HEAD that has no body: nothing of it is left to read. */
export function isBodiless({ status, header }: { status: number; header(name: string): string | undefined }): boolean {
  return status === 204 || status === 304 || header('content-length') === '0';
}
