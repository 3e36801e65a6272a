import { defineConfig } from 'vitest/config'

/** `npm run test:packages`, after `npm run build`: the packages as users get them. Installs from the registry, so it is apart from `npm test`. */
export default defineConfig({
  test: {
    include: ['test-packages/**/*.test.ts'],
    reporters: ['default', './scripts/closing-line-reporter.ts'],
    testTimeout: 180_000,
    hookTimeout: 300_000,
    fileParallelism: false,
  },
})
