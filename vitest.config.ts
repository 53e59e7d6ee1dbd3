import { defineConfig } from 'vitest/config';

/** Three sizes (design: pure beside the file, store on a real database, system with real processes). */
export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'pure',
          include: ['{libs,apps}/*/src/**/*.test.ts', 'tools/**/*.test.ts'],
          exclude: ['**/*.store.test.ts', '**/node_modules/**'],
        },
      },
      {
        extends: true,
        test: {
          name: 'store',
          include: ['{libs,apps}/*/src/**/*.store.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'system',
          include: ['test/**/*.system.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
