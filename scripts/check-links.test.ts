import { describe, expect, it } from 'vitest'
import { anchorsOf, deadLinks, linksOf } from './check-links.js'

const pages: Readonly<Record<string, string>> = {
  'README.md': `# A product

[a guide](docs/guide.md), [part of it](docs/guide.md#rows-columns-and-bom), [a folder](docs), [elsewhere](https://example.com/gone#gone)
[gone](docs/gone.md) and [a part that is gone](docs/guide.md#gone)

\`\`\`md
[in a block](docs/none.md)
\`\`\`

In a line: \`[code](docs/none.md)\`. <!-- [unseen](docs/none.md) --> [by name]

[by name]: docs/no-name.md
`,
  'docs/guide.md': `# Guide

[up](../README.md) · [here](#guide) · [not here](#a-product) · [outside](../../other)

## Rows, columns and \`BOM\`
`,
}

describe('deadLinks', () => {
  it('finds the link to a file that is not there and the one to a heading that is not there', () => {
    expect(deadLinks(Object.keys(pages), Object.keys(pages), (file) => pages[file] ?? '')).toEqual([
      'README.md:4: docs/gone.md: no file docs/gone.md in the repository',
      'README.md:4: docs/guide.md#gone: no heading #gone in docs/guide.md',
      'README.md:12: docs/no-name.md: no file docs/no-name.md in the repository',
      'docs/guide.md:3: #a-product: no heading #a-product in docs/guide.md',
      'docs/guide.md:3: ../../other: no file ../other in the repository',
    ])
  })
})

describe('linksOf', () => {
  it('passes over what is shown as code', () => {
    expect(linksOf('`a` [b](c "title") ``[d](e) ` ``\n<a href="f">g</a>')).toEqual([
      { line: 1, target: 'c' },
      { line: 2, target: 'f' },
    ])
  })
})

describe('anchorsOf', () => {
  it('names headings the way GitHub does', () => {
    const page =
      '# `patkit diff <old> <new>`\n## What’s new: [a link](b.md), _two_ & 3_4\n## Twice\n## Twice\nUnderlined\n===\n<a id="by-hand"></a>\n'
    expect([...anchorsOf(page)]).toEqual([
      'patkit-diff-old-new',
      'whats-new-a-link-two--3_4',
      'twice',
      'twice-1',
      'underlined',
      'by-hand',
    ])
  })
})
