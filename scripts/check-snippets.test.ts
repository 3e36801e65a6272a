import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { faultsIn, snippetsOf } from './check-snippets.js'

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))

const page = `# A page

<!-- given
declare const tokens: readonly string[]
-->

\`\`\`ts
console.log(tokens.length)
tokens.push('no')
\`\`\`

\`\`\`sh
not typescript
\`\`\`

\`\`\`ts
import { DevOpsClient } from '@patkit/core'
new DevOpsClient({ organisation: 'fabrikam' })
\`\`\`
`

describe('snippetsOf', () => {
  it('finds the blocks of a page, where they begin, and what they take for granted', () => {
    expect(snippetsOf('docs/a.md', page)).toEqual([
      {
        page: 'docs/a.md',
        line: 8,
        code: "console.log(tokens.length)\ntokens.push('no')\n",
        given: 'declare const tokens: readonly string[]\n',
      },
      expect.objectContaining({ line: 17, given: '' }),
    ])
  })
})

describe('faultsIn', () => {
  it('holds every block against the packages and names the line of the page', { timeout: 60_000 }, () => {
    expect(faultsIn(snippetsOf('README.md', page), root)).toEqual([
      expect.stringMatching(/^README\.md:9: Property 'push' does not exist/),
      expect.stringMatching(/^README\.md:18: .*'organisation' does not exist/),
    ])
  })
})
