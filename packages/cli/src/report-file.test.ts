import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { createWorld } from '../test/world.js'
import { readReportFile, type ReportedToken, type ReportFileOptions } from './report-file.js'

const id = '0c7f6b7e-0e5b-4b65-8f5c-6a0f3a1c9d22'
const csvHeader =
  'Owner,Owner mail,Owner type,Token,Status,Scopes,Full access,All organizations,Created,Expires,Days left,Authorization ID'

async function read(text: string, need: ReportFileOptions['need'] = 'whole'): Promise<ReportedToken[]> {
  await using world = await createWorld()
  await writeFile(path.join(world.folder, 'pats.txt'), text)
  const tokens: ReportedToken[] = []
  for await (const token of readReportFile({ name: 'pats.txt', cwd: world.folder, need })) tokens.push(token)
  return tokens
}

const ada: ReportedToken = {
  authorizationId: id,
  owner: 'Ada',
  ownerMail: 'ada@fabrikam.example',
  token: '=ci',
  status: 'active',
  scopes: ['vso.code', 'vso.build'],
  allOrganizations: true,
  expires: '2026-09-01T00:00:00Z',
  asOf: null,
}

test('readReportFile() reads the same from CSV and from NDJSON', async () => {
  const csv = `\ufeff${csvHeader}\r\nAda,ada@fabrikam.example,member,'=ci,active,vso.code; vso.build,false,true,,2026-09-01T00:00:00Z,5,${id.toUpperCase()}\r\n`
  expect(await read(csv)).toEqual([ada])
  expect(await read(`${JSON.stringify({ ...ada, asOf: '2026-03-02T09:00:00.000Z' })}\n`)).toEqual([
    { ...ada, asOf: '2026-03-02T09:00:00.000Z' },
  ])
})

test('readReportFile() reads a plain list of ids where ids are enough, with comments and empty lines', async () => {
  const tokens = await read(`# from the incident\n\n${id}  # Ada's\r\n${id.toUpperCase()}\n`, 'ids')
  expect(tokens.map(({ authorizationId }) => authorizationId)).toEqual([id, id])
})

test('readReportFile() finds no tokens in an empty report', async () => {
  expect(await read('')).toEqual([])
  expect(await read(`${csvHeader}\r\n`)).toEqual([])
})

test.each<[string, string, RegExp]>([
  ['a list where a whole report is needed', `${id}\n`, /has no column "Authorization ID"/],
  ['the columns of the sample', 'DisplayName,Owner,isValid,validFrom,validTo\n', /--columns full/],
  ['a column that is missing', 'Authorization ID,Owner\n', /has no column "Owner mail"/],
  ['the record of the sample', '{"DisplayName":"ci"}\n', /has no field authorizationId/],
  ['a cut line', `{"authorizationId":"${id}"}\n{"authorizat`, /line 2, is no JSON\. Was the report cut off/],
  ['a JSON array', '[{}]', /is one JSON array\. Use NDJSON/],
  ['a wrong id', '{"authorizationId":"x"}', /line 1: "x" is no authorization ID/],
  ['a wrong id in CSV', `${csvHeader}\nAda,,,,,,,,,,,17\n`, /line 2: "17" is no authorization ID/],
  ['a quote that never closes', `${csvHeader}\n"Ada`, /line 2: a quote is never closed/],
])('readReportFile() refuses %s in one sentence', async (_what, text, fault) => {
  await expect(read(text)).rejects.toMatchObject({ exitCode: 2, name: 'CommandError' })
  const words = await read(text).catch((error: unknown) => error as { message: string; hint: string })
  expect('message' in words ? `${words.message} ${words.hint}` : '').toMatch(fault)
})

test('readReportFile() refuses what is no id in a list', async () => {
  await expect(read(`${id}\nci\n`, 'ids')).rejects.toThrow('line 2: "ci" is no authorization ID')
})

test('readReportFile() says when there is no such file, and when it is a folder', async () => {
  await using world = await createWorld()
  const open = (name: string): Promise<unknown> =>
    readReportFile({ name, cwd: world.folder, need: 'whole' }).next() as Promise<unknown>
  await expect(open('missing.csv')).rejects.toMatchObject({ exitCode: 2, message: 'There is no file "missing.csv".' })
  await expect(open('.')).rejects.toMatchObject({ exitCode: 2, message: '"." is a folder.' })
})
