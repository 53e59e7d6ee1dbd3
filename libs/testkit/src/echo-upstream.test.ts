import { get } from 'node:https';

import { expect, it } from 'vitest';

import { echoUpstream } from './echo-upstream.ts';

it('answers what it got and remembers it', async () => {
  const upstream = await echoUpstream();
  try {
    const response = await fetch(`${upstream.url}/pet/1?full=yes`, { method: 'POST', body: 'hello', headers: { 'x-test': '1' } });
    expect(await response.json()).toMatchObject({
      method: 'POST',
      url: '/pet/1?full=yes',
      body: 'hello',
      headers: { 'x-test': '1' },
    });
    expect(upstream.requests).toHaveLength(1);
  } finally {
    await upstream.close();
  }
});

it('speaks TLS for the names asked for, trusted by its own certificate', async () => {
  const upstream = await echoUpstream({
    tls: { names: ['petstore.example.com'] },
    answer: (_request, response) => void response.end('secure'),
  });
  try {
    const body = await new Promise<string>((resolve, reject) => {
      get(
        { host: '127.0.0.1', port: upstream.port, servername: 'petstore.example.com', ca: upstream.ca, agent: false },
        (response) => {
          response.setEncoding('utf8').on('data', resolve);
        },
      ).on('error', reject);
    });
    expect(body).toBe('secure');
  } finally {
    await upstream.close();
  }
});
