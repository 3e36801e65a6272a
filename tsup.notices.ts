import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Options } from 'tsup'

type EsbuildPlugin = NonNullable<Options['esbuildPlugins']>[number]

/** Writes the licence of every package inside a bundle beside it, and fails where there is none. */
export function thirdPartyNotices(fileName: string): EsbuildPlugin {
  return {
    name: 'third-party-notices',
    setup(build) {
      build.initialOptions.metafile = true
      build.onEnd(async ({ metafile }) => {
        const folder = build.initialOptions.outdir
        if (metafile === undefined || folder === undefined) return
        const root = build.initialOptions.absWorkingDir ?? process.cwd()
        const folders = new Set(
          Object.keys(metafile.inputs).flatMap((input) => packageFolder(path.resolve(root, input))),
        )
        const notices = [...folders].map(readNotice).sort((a, b) => a.title.localeCompare(b.title, 'en'))
        await mkdir(folder, { recursive: true })
        await writeFile(path.join(folder, fileName), toText(notices))
      })
    },
  }
}

interface Notice {
  readonly title: string
  readonly licence: string
}

/** The folder of the package a file belongs to; none for our own files. */
function packageFolder(file: string): string[] {
  const [, folder] = /^(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/.exec(file) ?? []
  return folder === undefined ? [] : [folder]
}

function readNotice(folder: string): Notice {
  const manifest: unknown = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'))
  const { name, version, license, author } = manifest as Record<string, unknown>
  const title = `${String(name)} ${String(version)}`
  const file = readdirSync(folder).find((each) => /^licen[sc]e/i.test(each))
  if (file !== undefined) return { title, licence: readFileSync(path.join(folder, file), 'utf8').trim() }
  const known = typeof license === 'string' ? licences[license] : undefined
  if (known === undefined) throw new Error(`${title} is bundled but carries no licence that could be copied`)
  return { title, licence: known(holder(author)) }
}

function holder(author: unknown): string {
  if (typeof author === 'string') return author
  if (typeof author === 'object' && author !== null && 'name' in author) return String(author.name)
  return 'its authors'
}

/** The texts that packages mean when they name a licence and leave it at that. */
const licences: Readonly<Record<string, (owner: string) => string>> = {
  MIT: (owner) => `MIT License

Copyright (c) ${owner}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the
"Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish,
distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to
the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR
ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE
SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`,
  ISC: (owner) => `ISC License

Copyright (c) ${owner}

Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted, provided that the
above copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF
MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY
DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION,
ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.`,
}

function toText(notices: readonly Notice[]): string {
  const introduction = `The following packages are part of this package's files, under their own licences.`
  const rule = '-'.repeat(80)
  return [introduction, ...notices.map(({ title, licence }) => `${rule}\n${title}\n\n${licence}`), ''].join('\n\n')
}
