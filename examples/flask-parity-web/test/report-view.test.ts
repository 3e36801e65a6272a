import { rm } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { noFilter } from '../src/report/filter.js'
import { KeptRows } from '../src/report/kept-rows.js'
import { rowsOf } from '../src/report/rows.js'
import { comparison, usualSorting, type Sorting } from '../src/report/sort.js'
import { rowsPerPage, viewOf } from '../src/report/view-model.js'
import type { WireRow } from '../src/report/wire.js'
import { accountOf } from './accounts.js'
import { openOffice, until } from './office.js'

const orders: readonly Sorting[] = [usualSorting, { column: 'owner', direction: 'descending' }]

/** A finished report of 1,000 tokens with names of some length. */
async function finishReport(nameLength: number) {
  const tokens = Array.from({ length: 40 }, (_, n) => ({ displayName: `${n} ${'x'.repeat(nameLength)}` }))
  const people = Array.from({ length: 25 }, (_, n) => ({ displayName: `Person ${n}`, tokens }))
  const { folder, open } = await openOffice({ people: [{ isAdministrator: true, tokens: [] }, ...people] })
  const job = await open().start(accountOf(1))
  await until(job, () => job.isOver)
  const all: WireRow[] = []
  for await (const row of rowsOf(job, noFilter)) all.push(row)
  return { job, all, log: path.join(folder, job.id, 'scan.ndjson') }
}

describe('the page of a finished report', () => {
  test.each([
    ['is made of tokens that are kept after the first look', 10, 1_000],
    ['is read anew each time when its log is too large to be kept', 20_000, 0],
  ])('%s', async (_what, nameLength, matchingWithoutLog) => {
    const { job, all, log } = await finishReport(nameLength)
    const kept = new KeptRows()
    for (const sorting of orders) {
      const expected = [...all].sort(comparison(sorting)).map(({ id }) => id)
      for (const page of [1, 4, 10]) {
        const { rows, matching, pages } = await viewOf(job, { filter: noFilter, sorting, page }, kept)
        expect(rows.map(({ id }) => id)).toEqual(expected.slice((page - 1) * rowsPerPage, page * rowsPerPage))
        expect([matching, pages]).toEqual([1_000, 10])
      }
    }
    await rm(log)
    const { matching } = await viewOf(job, { filter: noFilter, sorting: usualSorting, page: 1 }, kept)
    expect(matching).toBe(matchingWithoutLog)
  })

  test('shows at once what was revoked', async () => {
    const { job, all } = await finishReport(10)
    const kept = new KeptRows()
    const asked = { filter: { ...noFilter, status: 'revoked' as const }, sorting: usualSorting, page: 1 }
    const before = await viewOf(job, asked, kept)
    const id = all.find(({ status }) => status === 'active' || status === 'expiring')?.id ?? ''
    await job.addRevocation({ id: 'first', at: '2026-03-02T09:00:00.000Z', revoked: [id], failed: [] })
    const after = await viewOf(job, asked, kept)
    expect(after.matching).toBe(before.matching + 1)
    expect(after.rows.map((row) => row.id)).toContain(id)
    expect(after.totals.working).toBe(before.totals.working - 1)
  })
})
