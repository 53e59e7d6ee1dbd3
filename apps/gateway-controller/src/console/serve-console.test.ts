import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { fastify, type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { readConsoleFiles } from './console-files.ts';
import { serveConsole } from './serve-console.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-console-'));
let built: FastifyInstance;
let missing: FastifyInstance;

beforeAll(() => {
  mkdirSync(join(folder, 'assets'));
  writeFileSync(
    join(folder, 'index.html'),
    '<meta name="csp-nonce" content="__CSP_NONCE__"><script src="/console/assets/a-1.js"></script>',
  );
  writeFileSync(join(folder, 'assets/a-1.js'), 'console.log(1)');
  writeFileSync(join(folder, 'secret.txt'), 'not an asset');
  built = fastify();
  serveConsole(built, readConsoleFiles(folder));
  missing = fastify();
  serveConsole(missing, readConsoleFiles(join(folder, 'nowhere')));
});

afterAll(async () => {
  await Promise.all([built.close(), missing.close()]);
  rmSync(folder, { recursive: true });
});

describe('the console over HTTP', () => {
  it('answers the page for every path below /console/, never cached, never framed, with a nonce of its own', async () => {
    const page = await built.inject('/console/apis/petstore?tab=keys');
    expect(page.statusCode).toBe(200);
    expect(page.headers).toMatchObject({ 'cache-control': 'no-store', 'x-frame-options': 'DENY' });
    const nonce = /content="([^"]+)"/.exec(page.body)?.[1] ?? '';
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain(`style-src 'self' 'nonce-${nonce}'`);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect((await built.inject('/console/')).body).not.toContain(nonce);
    expect((await built.inject('/console')).headers['location']).toBe('/console/');
  });

  it('answers assets for ever, compressed for who takes it', async () => {
    const plain = await built.inject('/console/assets/a-1.js');
    expect(plain.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
    });
    expect(plain.body).toBe('console.log(1)');
    const zipped = await built.inject({ url: '/console/assets/a-1.js', headers: { 'accept-encoding': 'gzip' } });
    expect(zipped.headers['content-encoding']).toBe('gzip');
  });

  it.each(['/console/assets/old-2.js', '/console/assets/../secret.txt', '/console/assets/..%2fsecret.txt', '/console/assets/'])(
    'gives nothing but assets: %s',
    async (url) => {
      const answer = await built.inject(url);
      expect(answer.body).not.toContain('not an asset');
      if (url.includes('old')) expect(answer.statusCode).toBe(404);
    },
  );

  it('says so when there is no build, or half of one', async () => {
    const answer = await missing.inject('/console/');
    expect(answer.statusCode).toBe(503);
    expect(answer.body).toContain('npm run build');
    rmSync(join(folder, 'assets/a-1.js'));
    expect(readConsoleFiles(folder)).toBeNull();
  });
});
