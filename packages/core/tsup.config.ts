import { defineConfig } from 'tsup'
import { base } from '../../tsup.base.js'
import { thirdPartyNotices } from '../../tsup.notices.js'

export default defineConfig({
  ...base,
  entry: ['src/index.ts'],
  tsconfig: '../../tsconfig.json',
  // ky has ES modules only: `require` would give CommonJS a namespace in the place of its default export.
  noExternal: ['ky'],
  esbuildPlugins: [thirdPartyNotices('THIRD-PARTY-NOTICES.txt')],
})
