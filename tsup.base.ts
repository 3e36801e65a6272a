import type { Options } from 'tsup'

/** What every package is built to: ESM and CJS with types, for the oldest Node we support. */
export const base: Options = {
  format: ['esm', 'cjs'],
  target: 'node20',
  platform: 'node',
  // tsup hands TypeScript a `baseUrl`, which TypeScript 6 calls deprecated.
  dts: { compilerOptions: { ignoreDeprecations: '6.0', customConditions: [] } },
  sourcemap: true,
  // tsup's own cleaning follows links: in a folder with a linked node_modules it would empty the workspace. The build script cleans instead.
  clean: false,
  splitting: false,
  shims: false,
}
