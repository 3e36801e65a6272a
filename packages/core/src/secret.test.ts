import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import { Secret } from './secret.js'

it('Secret shows itself to reveal() alone', () => {
  const secret = new Secret('s3cr3t')
  expect(secret.reveal()).toBe('s3cr3t')
  const shown = [
    String(secret),
    ['', secret].join(''),
    JSON.stringify({ secret }),
    inspect(secret, { depth: 10, showHidden: true }),
    inspect({ secret }, { depth: 10, showHidden: true }),
    Object.values(secret).join(),
  ]
  for (const text of shown) expect(text).not.toContain('s3cr3t')
})
