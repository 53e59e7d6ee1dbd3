import { expect, it } from 'vitest';

import { isLoopback } from './loopback.ts';

it.each(['localhost', 'LOCALHOST', '127.0.0.1', '127.8.9.10', '::1', '[::1]', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1'])(
  '%s stays here',
  (host) => {
    expect(isLoopback(host)).toBe(true);
  },
);

it.each(['0.0.0.0', '::', '', '10.0.0.1', 'localhost.example.com', '127.example.com', '::ffff:10.0.0.1', '128.0.0.1'])(
  '%s does not',
  (host) => {
    expect(isLoopback(host)).toBe(false);
  },
);
