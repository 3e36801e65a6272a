import { readFile } from 'node:fs/promises'
import type { Options } from 'tsup'

type EsbuildPlugin = NonNullable<Options['esbuildPlugins']>[number]

/** What exceljs and its zip library load and the streaming writer never calls: reading XML, tar archives, searching folders. */
const neverCalled = ['saxes', 'tar-stream', 'glob', 'readdir-glob'] as const

/**
 * Bundles exceljs without the half of its tree that a writer has no use for, among it the packages nobody maintains any more.
 *
 * Whoever calls what was left out, after a change of ours, gets a `TypeError` from an empty module at once.
 */
export const bundledExceljs: EsbuildPlugin = {
  name: 'bundled-exceljs',
  setup(build) {
    const filter = new RegExp(`^(${neverCalled.join('|')})$`)
    build.onResolve({ filter }, ({ path }) => ({ path, namespace: 'never-called' }))
    build.onLoad({ filter: /.*/, namespace: 'never-called' }, () => ({ contents: 'module.exports = {}' }))
    build.onLoad({ filter: /archiver-utils[\\/]index\.js$/ }, async ({ path }) => {
      return { contents: withoutOldBuffers(await readFile(path, 'utf8')), loader: 'js' }
    })
  },
}

/** Node warns of `new Buffer()` on every program's stderr, unless the caller lies in `node_modules`; a bundle may lie anywhere. */
function withoutOldBuffers(source: string): string {
  const renewed = source
    .replaceAll('new Buffer(source)', 'Buffer.from(source)')
    .replace(/new Buffer\((0|size)\)/g, 'Buffer.alloc($1)')
  if (renewed.includes('new Buffer('))
    throw new Error('archiver-utils has a use of new Buffer() that is not known here')
  return renewed
}
