import { DevOpsClient } from '@patkit/core'
import { createTestClock, startEmulator } from '@patkit/emulator'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { writeReport, type TokenRow } from '../src/index.js'
import { readCsv } from './rfc4180.js'
import { temporaryFolder } from './samples.js'

describe('writeReport() over a scan of an organization', () => {
  it('lists every token the service has, awkward names included, and calls the report complete', async () => {
    const clock = createTestClock()
    await using emulator = await startEmulator({ users: 120, seed: 5, clock })
    const { url, organization } = emulator
    const devops = new DevOpsClient({ organization, baseUrl: url, credential: () => emulator.tokenFor(), clock })
    const folder = await temporaryFolder()
    const targets = ['xlsx', 'csv', 'ndjson', 'html'].map((format) => path.join(folder, `pats.${format}`))
    const rows: TokenRow[] = []
    const now = new Date(clock.now())
    const summary = await writeReport(devops.scanTokens(), targets, {
      now,
      csv: { raw: true },
      onRow: (row) => rows.push(row),
    })

    expect(summary).toMatchObject({ organization, complete: true, failures: [] })
    expect(summary.users.listed).toBe(120)
    expect(summary.users.read + summary.users.skipped).toBe(120)
    expect(summary.requests).toBeGreaterThan(summary.users.read)
    const there = [...emulator.data.people()].flatMap((user) => emulator.data.tokensOf(user))
    expect(rows.map((row) => row.authorizationId).sort()).toEqual(there.map((token) => token.authorizationId).sort())
    const fullScope = there.filter((token) => token.scope?.split(' ').includes('app_token') === true)
    expect(summary.flags.fullScope).toBe(fullScope.length)
    expect(summary.tokens).toBe(rows.length)
    expect(Object.values(summary.status).reduce((sum, count) => sum + count, 0)).toBe(rows.length)

    const lines = (await readFile(targets[2] ?? '', 'utf8')).split('\n').filter((line) => line !== '')
    const listed = lines.map((line) => JSON.parse(line) as { token: string | null; authorizationId: string })
    expect(listed.map(({ token, authorizationId }) => [token, authorizationId])).toEqual(
      rows.map(({ token, authorizationId }) => [token, authorizationId]),
    )
    const records = readCsv((await readFile(targets[1] ?? '', 'utf8')).slice(1)).slice(1)
    expect(records.map((record) => record[11])).toEqual(rows.map((row) => row.authorizationId))
  })

  it('names the user whose tokens the service would not give, and calls the report incomplete', async () => {
    const clock = createTestClock()
    await using emulator = await startEmulator({ users: 20, seed: 5, clock })
    const { url, organization } = emulator
    const devops = new DevOpsClient({ organization, baseUrl: url, credential: () => emulator.tokenFor(), clock })
    const unlucky = [...emulator.data.people()].find((user) => !user.isAdministrator)
    if (unlucky === undefined) throw new Error('the organization has nobody but its administrator')
    emulator.faults.add({ match: { user: unlucky.descriptor, path: /tokenadmin/ }, answer: { status: 500 } })
    const pending = writeReport(devops.scanTokens(), [], { now: new Date(clock.now()) })
    const summary = await clock.runUntil(pending)
    expect(summary).toMatchObject({ complete: false, users: { failed: 1 } })
    expect(summary.failures).toEqual([
      expect.objectContaining({ descriptor: unlucky.descriptor, displayName: unlucky.displayName, status: 500 }),
    ])
    expect(summary.failures[0]?.code).toMatch(/^PATKIT_/)
  })
})
