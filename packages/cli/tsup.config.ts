import { defineConfig } from 'tsup'
import { base } from '../../tsup.base.js'

export default defineConfig({
  ...base,
  entry: ['src/bin.ts'],
  format: ['esm'],
  dts: false,
  // An optional dependency must stay outside: it is native, and may be missing.
  external: ['@napi-rs/keyring'],
  tsconfig: '../../tsconfig.json',
})
