import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CheckpointError } from '../errors.js'
import { graphUserSchema } from '../model/graph-user.js'
import { sessionTokenSchema } from '../model/session-token.js'
import { openScanCheckpoint, readScanCheckpoint, type RecordedOutcome } from './checkpoint-file.js'
import type { ReadOutcome } from './scan-outcome.js'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'patkit-checkpoint-'))
  path = join(folder, 'scan.ndjson')
})
afterEach(() => rm(folder, { recursive: true }))

function outcome(n: number, tokens = 2): ReadOutcome {
  return {
    status: 'read',
    user: graphUserSchema.parse({ descriptor: `aad.${n}`, displayName: `Zoë\n${n}` }),
    tokens: Array.from({ length: tokens }, (_, t) =>
      sessionTokenSchema.parse({
        authorizationId: `${n}-${t}`,
        displayName: null,
        scope: 'vso.code',
        validFrom: '2018-07-19T00:00:00.1234567',
        validTo: 'not a time',
        targetAccounts: t === 0 ? null : ['a'],
        isValid: true,
        token: 'never to be kept',
      }),
    ),
  }
}

const fabrikam = { organization: 'fabrikam', settings: { columns: 'full' } }

describe('openScanCheckpoint', () => {
  it('gives back what was recorded, raw times included, after it was opened again', async () => {
    const first = await openScanCheckpoint(path, { ...fabrikam, mode: 'new' })
    await Promise.all(Array.from({ length: 50 }, (_, n) => first.record(outcome(n))))
    await first.close()

    const again = await openScanCheckpoint(path, { ...fabrikam, mode: 'resume' })
    expect(again.finished).toBe(50)
    expect(await again.recall('aad.7')).toEqual(outcome(7))
    expect(await again.recall('aad.99')).toBeUndefined()
    await again.record(outcome(99))
    await again.close()

    const third = await openScanCheckpoint(path, { ...fabrikam, mode: 'resume' })
    expect(third.finished).toBe(51)
    expect(await third.recall('aad.99')).toEqual(outcome(99))
    await third.close()
  })

  it('keeps no secret and is readable by its owner alone', async () => {
    const checkpoint = await openScanCheckpoint(path, { ...fabrikam, mode: 'new' })
    await checkpoint.record(outcome(1))
    await checkpoint.close()
    expect(await readFile(path, 'utf8')).not.toContain('never to be kept')
    if (process.platform !== 'win32') expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  it('has every finished user in the file once record() resolves, so that a killed process loses none', async () => {
    const checkpoint = await openScanCheckpoint(path, { ...fabrikam, mode: 'new' })
    await checkpoint.record(outcome(1))
    expect((await readFile(path, 'utf8')).trimEnd().split('\n')).toHaveLength(2)
    await checkpoint.close()
  })

  it('fault 60: drops a last line that was torn, and goes on behind the whole ones', async () => {
    const first = await openScanCheckpoint(path, { ...fabrikam, mode: 'new' })
    await first.record(outcome(1))
    await first.close()
    await appendFile(path, '{"user":{"descriptor":"aad.2","displ')

    const again = await openScanCheckpoint(path, { ...fabrikam, mode: 'resume' })
    expect(again.finished).toBe(1)
    await again.record(outcome(3))
    await again.close()

    const third = await openScanCheckpoint(path, { ...fabrikam, mode: 'resume' })
    expect(third.finished).toBe(2)
    expect(await third.recall('aad.3')).toEqual(outcome(3))
    await third.close()
  })

  it('reads lines that are longer than a read of the disk', async () => {
    const first = await openScanCheckpoint(path, { ...fabrikam, mode: 'new' })
    await first.record(outcome(1, 12_000))
    await first.record(outcome(2))
    await first.close()
    const again = await openScanCheckpoint(path, { ...fabrikam, mode: 'resume' })
    expect((await again.recall('aad.1'))?.tokens).toHaveLength(12_000)
    expect(await again.recall('aad.2')).toEqual(outcome(2))
    await again.close()
  })

  it.each([
    [
      { organization: 'contoso', settings: { columns: 'full' } },
      /organization "fabrikam", but this run has organization "contoso"/,
    ],
    [
      { organization: 'fabrikam', settings: { columns: 'sample' } },
      /columns "full", but this run has columns "sample"/,
    ],
    [{ organization: 'fabrikam', settings: {} }, /columns "full", but this run has columns \(not set\)/],
  ])('refuses to resume with %j and names the difference', async (other, message) => {
    await (await openScanCheckpoint(path, { ...fabrikam, mode: 'new' })).close()
    const before = await readFile(path)
    await expect(openScanCheckpoint(path, { ...other, mode: 'resume' })).rejects.toThrow(message)
    expect(await readFile(path)).toEqual(before)
  })

  it('refuses a file that exists when a new one is asked for, and leaves it alone', async () => {
    await writeFile(path, 'mine')
    await expect(openScanCheckpoint(path, { ...fabrikam, mode: 'new' })).rejects.toThrow(/exists already/)
    expect(await readFile(path, 'utf8')).toBe('mine')
  })

  it.each([
    ['nothing', ''],
    ['half of the header', '{"patkitCheckpoint":1,"organ'],
  ])('goes on from %s, which a process leaves that is killed before its first user', async (_, text) => {
    await writeFile(path, text)
    const checkpoint = await openScanCheckpoint(path, { ...fabrikam, mode: 'resume' })
    expect(checkpoint.finished).toBe(0)
    await checkpoint.record(outcome(1))
    await checkpoint.close()
    const again = await openScanCheckpoint(path, { ...fabrikam, mode: 'resume' })
    expect(await again.recall('aad.1')).toEqual(outcome(1))
    await again.close()
  })

  it.each([
    ['another format', 'DisplayName;Owner\nx;y\n'],
    ['another format in one line', 'Dear Ada'],
    ['half of the header of another organization', '{"patkitCheckpoint":1,"organization":"cont'],
  ])('refuses %s as no checkpoint, and leaves it alone', async (_, text) => {
    await writeFile(path, text)
    await expect(openScanCheckpoint(path, { ...fabrikam, mode: 'resume' })).rejects.toThrow(/is not a checkpoint/)
    expect(await readFile(path, 'utf8')).toBe(text)
  })

  it('refuses a file damaged in the middle instead of leaving users out', async () => {
    const first = await openScanCheckpoint(path, { ...fabrikam, mode: 'new' })
    await first.record(outcome(1))
    await first.close()
    await appendFile(path, 'garbage\n')
    await expect(openScanCheckpoint(path, { ...fabrikam, mode: 'resume' })).rejects.toThrow(/damaged at byte/)
  })

  it('says that a file to resume does not exist', async () => {
    const missing = openScanCheckpoint(join(folder, 'none'), { ...fabrikam, mode: 'resume' })
    await expect(missing).rejects.toThrow(/does not exist/)
    await expect(missing).rejects.toBeInstanceOf(CheckpointError)
  })
})

describe('readScanCheckpoint', () => {
  async function read(from?: number): Promise<RecordedOutcome[]> {
    const found: RecordedOutcome[] = []
    for await (const each of readScanCheckpoint(path, from === undefined ? {} : { from })) found.push(each)
    return found
  }

  it('gives what was recorded in order, while the scan goes on, and later only the rest', async () => {
    const checkpoint = await openScanCheckpoint(path, { ...fabrikam, mode: 'new' })
    expect(await read()).toEqual([])
    for (const n of [3, 1]) await checkpoint.record(outcome(n))
    const first = await read()
    expect(first.map((each) => each.outcome)).toEqual([outcome(3), outcome(1)])

    await checkpoint.record(outcome(2))
    expect((await read(first[1]?.next)).map((each) => each.outcome)).toEqual([outcome(2)])
    expect((await read(first[0]?.next)).map((each) => each.outcome)).toEqual([outcome(1), outcome(2)])
    await checkpoint.close()
  })

  it('leaves out a line that is torn, and gives it once it is whole', async () => {
    const checkpoint = await openScanCheckpoint(path, { ...fabrikam, mode: 'new' })
    await checkpoint.record(outcome(1))
    await checkpoint.close()
    const whole = await readFile(path, 'utf8')
    await writeFile(path, whole.slice(0, -20))
    expect(await read()).toEqual([])
    await writeFile(path, whole)
    expect(await read()).toHaveLength(1)
  })

  it('finds nobody while the header is being written', async () => {
    const checkpoint = await openScanCheckpoint(path, { ...fabrikam, mode: 'new' })
    await checkpoint.close()
    const header = await readFile(path, 'utf8')
    for (const written of [0, 1, 10, header.length - 1, header.length]) {
      await writeFile(path, header.slice(0, written))
      expect(await read()).toEqual([])
    }
  })

  it('refuses a position that is behind no user, and a file that is no checkpoint', async () => {
    const checkpoint = await openScanCheckpoint(path, { ...fabrikam, mode: 'new' })
    await checkpoint.record(outcome(1))
    await checkpoint.close()
    const { size } = await stat(path)
    for (const wrong of [1, size - 1, size + 1, -1, 1.5, NaN]) await expect(read(wrong)).rejects.toThrow(RangeError)
    expect(await read(size)).toEqual([])
    for (const text of ['DisplayName;Owner\nx;y\n', '{}', '\n']) {
      await writeFile(path, text)
      await expect(read()).rejects.toThrow(/is not a checkpoint/)
    }
    await rm(path)
    await expect(read()).rejects.toThrow(/does not exist/)
  })
})
