import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { styleSheet } from '../src/index.js'

test('our own style beside Pico stays small: 200 lines at most', async () => {
  const lines = (await readFile(styleSheet, 'utf8')).trimEnd().split('\n')
  expect(lines.length).toBeLessThanOrEqual(200)
})
