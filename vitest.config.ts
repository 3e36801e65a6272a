import { defineConfig } from 'vitest/config'

// Tests run on the sources: the private export condition sends `@patkit/*` to `src/index.ts`, so nothing is built first. No `import` among
// them: Node applies these to `require` as well, and would hand ES modules to packages that ask for CommonJS.
const conditions = ['@patkit/source', 'node']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'packages/*/test/**/*.test.ts',
      'scripts/**/*.test.ts',
      'examples/*/src/**/*.test.ts',
      'examples/*/test/**/*.test.ts',
    ],
    reporters: ['default', './scripts/closing-line-reporter.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
})
