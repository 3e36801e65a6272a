import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { InterfaceReader } from './configuration-reference.js'

function readerOf(code: string): { readonly reader: InterfaceReader; readonly file: string } {
  const folder = mkdtempSync(path.join(tmpdir(), 'patkit-reference-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = path.join(folder, 'settings.ts')
  writeFileSync(file, code)
  return { reader: new InterfaceReader([file]), file }
}

test('settings are the members of an interface, inherited ones too, with what their docstrings say', () => {
  const { reader, file } = readerOf(`
    interface Base {
      /** Source of
       * time. See {@link systemClock}. */
      readonly clock?: Date | undefined
    }
    export interface Settings extends Base {
      /** Which. */
      readonly columns: 'full' | 'sample'
      readonly silent?: true
    }`)

  expect(reader.settingsOf(file, 'Settings')).toEqual([
    { name: 'columns', type: "'full' | 'sample'", required: true, meaning: 'Which.' },
    { name: 'silent', type: 'true', required: false, meaning: '' },
    { name: 'clock', type: 'Date', required: false, meaning: 'Source of time. See `systemClock`.' },
  ])
})

test('an interface that is not there is an error, not an empty table', () => {
  const { reader, file } = readerOf('export interface Settings {}')
  expect(() => reader.settingsOf(file, 'Setting')).toThrow('no interface Setting')
})
