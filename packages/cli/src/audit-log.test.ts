import { readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { createWorld } from '../test/world.js'
import { AuditLog, type AuditedAction, type AuditSubject } from './audit-log.js'

const subject: AuditSubject = {
  account: 'ada@fabrikam.example',
  systemUser: 'ada',
  credential: 'PATKIT_ACCESS_TOKEN',
  organization: 'fabrikam',
  baseUrl: 'https://vssps.dev.azure.com',
  reason: 'tokens that have expired',
  tool: 'patkit 1.2.3',
}
const revoke: AuditedAction = {
  action: 'revoke',
  authorizationId: '0c7f6b7e-0e5b-4b65-8f5c-6a0f3a1c9d22',
  owner: 'Ben',
  token: 'ci\nnext',
}
const now = (): number => Date.parse('2026-03-02T09:00:00Z')

test('an audit log has a line before and a line after each action, in a file that nobody else may read', async () => {
  await using world = await createWorld()
  const file = path.join(world.folder, 'new', 'audit.ndjson')
  const log = await AuditLog.open(file, subject, now)
  await log.intend([revoke])
  // What matters is that the intent is in the file before anything else happens.
  expect((await readFile(file, 'utf8')).trim().split('\n')).toHaveLength(1)
  await log.conclude([{ ...revoke, result: 'failed', code: 'PATKIT_SERVICE', status: 500, activityId: null }])
  await log.close()
  const lines = (await readFile(file, 'utf8')).trim().split('\n')
  const [intent, result] = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(lines).toHaveLength(2)
  expect(intent).toEqual({
    at: '2026-03-02T09:00:00.000Z',
    run: expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown,
    ...subject,
    event: 'intent',
    ...revoke,
  })
  expect(result).toMatchObject({ run: intent?.['run'], event: 'result', result: 'failed', status: 500 })
  if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600)
})

test.each(['{"earlier":true}\n', '{"earlier":true}'])(
  'an audit log is added to %j, never replaced',
  async (earlier) => {
    await using world = await createWorld()
    const file = path.join(world.folder, 'audit.ndjson')
    await writeFile(file, earlier)
    const log = await AuditLog.open(file, subject, now)
    await log.intend([revoke])
    await log.close()
    const [first, second, ...rest] = (await readFile(file, 'utf8')).split('\n')
    expect([first, rest]).toEqual(['{"earlier":true}', ['']])
    expect(JSON.parse(second ?? '')).toMatchObject({ event: 'intent' })
  },
)

test('an audit log that cannot be opened says so in one sentence, with what helps', async () => {
  await using world = await createWorld()
  await expect(AuditLog.open(world.folder, subject, now)).rejects.toMatchObject({
    exitCode: 1,
    message: `Cannot write the audit log ${JSON.stringify(world.folder)} (EISDIR).`,
    hint: 'Nothing was changed. Choose a file that you may write to: --audit-log FILE.',
  })
})
