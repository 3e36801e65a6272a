import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { xmlText, showBidi } from '../src/cell.js'
import { writeReport } from '../src/index.js'
import { findProgram } from './programs.js'
import { readCsv } from './rfc4180.js'
import {
  daysFromNow,
  failed,
  hostileTexts,
  now,
  read,
  sampleToken,
  sampleUser,
  scanOf,
  temporaryFolder,
} from './samples.js'

const run = promisify(execFile)
const available = (await findProgram('soffice')) !== undefined

/** Comma, quote, UTF-8, American English whatever the machine speaks, every text quoted, values as they are and not as shown, every sheet to a file of its own. */
const everySheet = 'csv:Text - txt - csv (StarCalc):44,34,76,1,,1033,true,false,false,false,false,-1'

async function sheetsByLibreOffice(workbook: string, names: readonly string[]): Promise<string[][][]> {
  const folder = path.dirname(workbook)
  const profile = `-env:UserInstallation=${pathToFileURL(path.join(folder, 'profile')).href}`
  await run('soffice', [profile, '--headless', '--convert-to', everySheet, '--outdir', folder, workbook], {
    env: { ...process.env, LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8' },
  })
  return Promise.all(
    names.map(async (name) =>
      readCsv(await readFile(path.join(folder, `pats-${name}.csv`), 'utf8'), { lineEnd: '\n' }),
    ),
  )
}

describe('the workbook in LibreOffice', () => {
  it('is looked at wherever tests must not be left out', () => {
    expect(available || process.env['CI'] !== 'true').toBe(true)
  })

  it.skipIf(!available)(
    'reads back cell by cell on every sheet, hostile names included',
    async () => {
      const file = path.join(await temporaryFolder(), 'pats.xlsx')
      const tokens = hostileTexts.map((displayName) => sampleToken({ displayName, validTo: daysFromNow(45.25) }))
      const odd = sampleToken({
        displayName: null,
        scope: null,
        validFrom: new Date('0001-01-01T00:00:00Z'),
        validTo: null,
      })
      const scan = scanOf(
        read([...tokens, odd]),
        failed(sampleUser({ displayName: '=Zoë & "Co"', descriptor: 'aad.2' }), 'HTTP 503', {
          code: 'PATKIT_SERVICE',
          status: 503,
        }),
      )
      await writeReport(scan, [file], { now, organization: 'fabrikam' })
      const [listed = [], summary = [], notRead = []] = await sheetsByLibreOffice(file, [
        'Tokens',
        'Summary',
        'Not read',
      ])

      expect(listed).toHaveLength(hostileTexts.length + 2)
      hostileTexts.forEach((text, index) => {
        expect(listed[index + 1]).toEqual([
          'Ann Example',
          'ann@fabrikam.com',
          'member',
          asLibreOfficeReads(text),
          'active',
          'vso.code; vso.build_execute',
          'FALSE',
          'FALSE',
          '11/10/2026 12:00:00',
          '01/04/2027 18:00:00',
          '45',
          '11111111-2222-4333-8444-555555555555',
        ])
      })
      expect(listed.at(-1)?.slice(3, 11)).toEqual(['', 'active', '', 'FALSE', 'FALSE', '0001-01-01T00:00:00Z', '', ''])

      const lines = summary.map((cells) => cells.filter((cell) => cell !== '').join(' | '))
      expect(lines[0]).toBe('Personal access tokens of fabrikam')
      expect(lines[1]).toBe('Incomplete: the tokens of 1 of 2 users could not be read; 1 user was read.')
      expect(lines).toContain(`All | ${hostileTexts.length + 1}`)
      expect(lines).toContain('As of (UTC) | 11/20/2026 12:00:00')

      expect(notRead).toEqual([
        ['User', 'Outcome', 'Reason', 'HTTP status', 'Error code', 'Descriptor'],
        ['=Zoë & "Co"', 'failed', 'HTTP 503', '503', 'PATKIT_SERVICE', 'aad.2'],
      ])
    },
    120_000,
  )
})

/** LibreOffice knows one kind of line break in a cell. */
function asLibreOfficeReads(text: string): string {
  return xmlText(showBidi(text)).replace(/\r\n?/g, '\n')
}
