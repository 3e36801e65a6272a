import { defineConfig } from 'tsup'
import { base } from '../../tsup.base.js'
import { bundledExceljs } from './build/bundled-exceljs.js'
import { thirdPartyNotices } from '../../tsup.notices.js'

export default defineConfig({
  ...base,
  entry: ['src/index.ts'],
  tsconfig: '../../tsconfig.json',
  // exceljs 4.4.0 does not install for users (its tree asks for a version that is not there), so what we use of it travels inside.
  noExternal: ['exceljs'],
  // exceljs is CommonJS and asks for Node's modules by `require`, which ESM does not have.
  banner: ({ format }) => (format === 'esm' ? { js: requireForBundled } : {}),
  esbuildPlugins: [bundledExceljs, thirdPartyNotices('THIRD-PARTY-NOTICES.txt')],
})

const requireForBundled = `import { createRequire as createRequireForBundled } from 'node:module'
const require = createRequireForBundled(import.meta.url)`
