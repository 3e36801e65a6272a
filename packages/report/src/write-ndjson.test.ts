import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { hostileTexts, now, read, sampleToken, scanOf, temporaryFolder } from '../test/samples.js'
import { writeReport, type ReportOptions } from './report.js'

async function linesOf(
  tokens: readonly ReturnType<typeof sampleToken>[],
  options: ReportOptions = {},
): Promise<unknown[]> {
  const file = path.join(await temporaryFolder(), 'pats.ndjson')
  await writeReport(scanOf(read(tokens)), [file], { now, ...options })
  const text = await readFile(file, 'utf8')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): unknown => JSON.parse(line))
}

describe('writeReport() to NDJSON', () => {
  it('writes one object per token and line', async () => {
    const [line] = await linesOf([sampleToken({ validTo: null, targetAccounts: null })])
    expect(line).toEqual({
      owner: 'Ann Example',
      ownerMail: 'ann@fabrikam.com',
      ownerType: 'member',
      ownerDescriptor: 'aad.QW5u',
      token: 'build agent',
      status: 'active',
      scopes: ['vso.code', 'vso.build_execute'],
      fullAccess: false,
      allOrganizations: true,
      organizations: null,
      created: '2026-11-10T12:00:00.000Z',
      expires: null,
      daysLeft: null,
      overLongLife: true,
      noExpiry: true,
      authorizationId: '11111111-2222-4333-8444-555555555555',
      asOf: '2026-11-20T12:00:00.000Z',
    })
  })

  it('fault 51: gives every hostile name back as it was, half characters included', async () => {
    const lines = await linesOf(hostileTexts.map((displayName) => sampleToken({ displayName })))
    expect(lines.map((line) => (line as { token: string }).token)).toEqual(hostileTexts)
  })

  it("writes the sample's five columns under its names", async () => {
    const [line] = await linesOf([sampleToken({ validToText: '2027-01-02T00:00:00' })], { columns: 'sample' })
    expect(line).toEqual({
      DisplayName: 'build agent',
      Owner: 'Ann Example',
      isValid: true,
      validFrom: '2026-11-10T12:00:00.0000000',
      validTo: '2027-01-02T00:00:00',
    })
  })

  it('writes an empty file when there are no tokens', async () => {
    expect(await linesOf([])).toEqual([])
  })
})
