import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, it } from 'vitest';

import { parseDockerfile } from './parse-dockerfile.ts';

const APPS = fileURLToPath(new URL('../../apps', import.meta.url));

it('reads stages, copies and commands', () => {
  const text = `# an image
FROM node:24 AS build
WORKDIR /src
COPY package.json \\
  .npmrc ./
RUN npm ci && \\
  npm run build

FROM node:24
ENV NODE_ENV=production
COPY --from=build /src/dist ./dist
USER 10001:10001
EXPOSE 8080
CMD ["node", "main.js"]
`;
  expect(parseDockerfile(text)).toEqual([
    {
      from: 'node:24',
      name: 'build',
      instructions: [
        { is: 'workdir', text: '/src' },
        { is: 'copy', from: null, sources: ['package.json', '.npmrc'], target: './' },
        { is: 'run', text: 'npm ci && npm run build' },
      ],
    },
    {
      from: 'node:24',
      name: 'image',
      instructions: [
        { is: 'env', name: 'NODE_ENV', value: 'production' },
        { is: 'copy', from: 'build', sources: ['/src/dist'], target: './dist' },
        { is: 'user', text: '10001:10001' },
        { is: 'cmd', command: ['node', 'main.js'] },
      ],
    },
  ]);
});

it.each([
  'ADD a b',
  'COPY --chown=1:1 a b',
  'COPY apps/*/package.json ./',
  'RUN --mount=type=cache true',
  'CMD node main.js',
  'ENV A B',
])('refuses what it would have to skip: %s', (line) => {
  expect(() => parseDockerfile(`FROM node\n${line}`)).toThrow(`line 2: is not understood: ${line}`);
});

it('understands every Dockerfile of ours', () => {
  const files = readdirSync(APPS).map((app) => join(APPS, app, 'Dockerfile'));
  const texts = files.flatMap((file) => {
    try {
      return [readFileSync(file, 'utf8')];
    } catch {
      return []; // an app without an image
    }
  });
  expect(texts.length).toBeGreaterThanOrEqual(4);
  for (const text of texts)
    expect(parseDockerfile(text).at(-1)?.instructions).toContainEqual({ is: 'user', text: '10001:10001' });
});
