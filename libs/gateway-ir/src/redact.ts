/**
 * A copy of any IR message in which every `Sealed` and `SealedText` value is replaced by "***", and bytes are shown as hex.
 * Redaction goes by type and shape alone: a `Sealed` is the only message whose single field is named `value` and holds bytes.
 */
export function redact(message: unknown): unknown {
  if (message instanceof Uint8Array) return Buffer.from(message).toString('hex');
  if (Array.isArray(message)) return message.map(redact);
  if (typeof message !== 'object' || message === null) return message;
  if (isSealed(message)) return { value: '***' };
  return Object.fromEntries(
    Object.entries(message).map(([name, value]) => [name, SECRET_FIELDS.has(name) ? '***' : redact(value)]),
  );
}

/** Fields of type SealedText, whose shape alone says nothing, and credentials of unary calls. */
const SECRET_FIELDS = new Set(['credential', 'joinToken', 'nodeCredential']);

function isSealed(message: object): boolean {
  const fields = Object.entries(message);
  return fields.length === 1 && fields[0]?.[0] === 'value' && fields[0][1] instanceof Uint8Array;
}
