import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { openScanCheckpoint, readScanCheckpoint } from '../src/index.js'

const program = fileURLToPath(new URL('support/recording-process.ts', import.meta.url))
const settings = { organization: 'fabrikam', mode: 'resume' } as const

test.skipIf(process.platform === 'win32')(
  'fault 61: a checkpoint that outgrows its room takes nothing more, also not what would still fit, and is whole when it is resumed',
  async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'patkit-room-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const file = path.join(folder, 'scan.ndjson')
    // Room for 16 blocks of 512 bytes, which the process fills in the middle of several users at a time.
    const shell = `ulimit -f 16 && exec "$0" --conditions=@patkit/source --import tsx "$1" "$2"`
    const { stdout } = await promisify(execFile)('sh', ['-c', shell, process.execPath, program, file])

    const { kept, refused, late } = JSON.parse(stdout) as Record<'kept' | 'refused' | 'late', string[]>
    expect(kept.length).toBeGreaterThan(0)
    expect(refused.length).toBeGreaterThan(1)
    expect(new Set(refused)).toEqual(new Set([expect.stringContaining('cannot be written (EFBIG)')]))
    expect(late).toEqual([refused[0]])
    const descriptors: string[] = []
    const checkpoint = await openScanCheckpoint(file, settings)
    for await (const { outcome } of readScanCheckpoint(file)) descriptors.push(outcome.user.descriptor)
    await checkpoint.close()
    expect(descriptors.slice(0, kept.length)).toEqual(kept)
    expect(descriptors).not.toContain('aad.late')
  },
)
