import { describe, expect, it } from 'vitest';

import { ApiKey, ControllerMessage, JoinRequest, JoinResponse, PolicyUse } from './index.ts';
import { redact } from './redact.ts';

const SECRET = 'planted-secret';

describe('redact', () => {
  it.each([
    ApiKey.create({ id: 'k', digest: { value: Buffer.from(SECRET) } }),
    PolicyUse.create({ name: 'p', sealedParams: { '/password': { value: Buffer.from(SECRET) } } }),
    ControllerMessage.create({ message: { $case: 'renewed', value: { credential: { value: SECRET }, expiresAtMs: 1 } } }),
    JoinRequest.create({ joinToken: SECRET, nodeId: 'n' }),
    JoinResponse.create({ nodeCredential: SECRET }),
  ])('prints no secret of message %#', (message) => {
    const printed = JSON.stringify(redact(message));
    expect(printed).not.toContain(SECRET);
    expect(printed).not.toContain(Buffer.from(SECRET).toString('hex'));
    expect(printed).toContain('***');
  });

  it('keeps what is no secret, bytes as hex', () => {
    expect(redact({ id: 'a', hash: Buffer.of(1, 255), list: [{ value: 'text' }], none: undefined })).toEqual({
      id: 'a',
      hash: '01ff',
      list: [{ value: 'text' }],
      none: undefined,
    });
  });
});
