import { defineConfig } from 'vitest/config';

/** One PostgreSQL for the run; processes and sockets a file leaves behind are noticed. */
const realThings = {
  globalSetup: ['libs/testkit/src/vitest/postgres.ts'],
  setupFiles: ['libs/testkit/src/vitest/setup.ts'],
};

/** Three sizes (design: pure beside the file, store on a real database, system with real processes). */
export default defineConfig({
  test: {
    // bounds, not expectations: what is asserted never depends on them
    expect: { poll: { timeout: 30_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'pure',
          // pure functions leave nothing behind for the next file; a process per file would triple the time
          isolate: false,
          include: ['{libs,apps}/*/src/**/*.test.ts', 'tools/**/*.test.ts'],
          exclude: ['**/*.store.test.ts', '**/node_modules/**'],
          // property tests take a second or two; on a busy machine many times that
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          ...realThings,
          name: 'store',
          include: ['{libs,apps}/*/src/**/*.store.test.ts'],
          testTimeout: 90_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          ...realThings,
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
