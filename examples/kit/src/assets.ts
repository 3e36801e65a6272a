import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { build } from 'esbuild'
import type { RequestHandler } from 'express'

/** What a site serves beside its pages. */
export interface AssetSources {
  /** Style sheet of every page. */
  readonly style: string
  /** Programs of single pages, by name: paths of modules to be bundled for browsers. */
  readonly scripts?: Readonly<Record<string, string>>
}

/** Style and scripts under names that change with their content, so that browsers may keep them for ever. */
export interface Assets {
  /** Address of the style sheet, or of a script by its name. */
  url(name: string): string
  /** Serves them; put it before everything that reads a session. */
  readonly routes: RequestHandler
}

interface Asset {
  readonly type: string
  readonly plain: Uint8Array
  readonly gzipped: Uint8Array
}

const folder = '/assets/'
const types = { css: 'text/css; charset=utf-8', js: 'text/javascript; charset=utf-8' } as const

/** Bundles what pages need from `node_modules` and from us; nothing is loaded from anywhere else. */
export async function buildAssets({ style, scripts = {} }: AssetSources): Promise<Assets> {
  const { outputFiles, metafile } = await build({
    entryPoints: { style, ...scripts },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    outdir: folder,
    entryNames: '[name]-[hash]',
    write: false,
    metafile: true,
    // The icons of Pico are `data:` addresses already.
    logLevel: 'error',
  })
  const assets = new Map<string, Asset>()
  const urls = new Map<string, string>()
  for (const { path, contents } of outputFiles) {
    const fileName = path.slice(path.lastIndexOf('/') + 1)
    const extension = fileName.endsWith('.css') ? 'css' : 'js'
    assets.set(fileName, { type: types[extension], plain: contents, gzipped: await promisify(gzip)(contents) })
    urls.set(fileName.slice(0, fileName.lastIndexOf('-')), folder + fileName)
  }
  if (Object.keys(metafile.outputs).length !== urls.size) throw new TypeError('Two assets have the same name.')
  return {
    url: (name) => {
      const url = urls.get(name)
      if (url === undefined) throw new TypeError(`There is no asset ${JSON.stringify(name)}.`)
      return url
    },
    routes: serve(assets),
  }
}

function serve(assets: ReadonlyMap<string, Asset>): RequestHandler {
  return (req, res, next) => {
    const asset = req.path.startsWith(folder) ? assets.get(req.path.slice(folder.length)) : undefined
    if (asset === undefined || (req.method !== 'GET' && req.method !== 'HEAD')) {
      next()
      return
    }
    res.set({ 'Content-Type': asset.type, 'Cache-Control': 'public, max-age=31536000, immutable' })
    res.vary('Accept-Encoding')
    if (req.acceptsEncodings('gzip') === 'gzip') res.set('Content-Encoding', 'gzip').send(asset.gzipped)
    else res.send(asset.plain)
  }
}
