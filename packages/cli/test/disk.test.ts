import { spawnSync } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test, vi } from 'vitest'
import type { Ended, PatkitProcess } from './child.js'
import { createScene, type Scene } from './scene.js'
import { checkpointOf, filesIn, keptIn } from './stage.js'

// Processes start slowly on a machine that is busy with other tests.
vi.setConfig({ testTimeout: 120_000 })

/** Starts a program whose files must stay below so many blocks of 512 bytes: the system refuses what is beyond. */
const belowBlocks = (blocks: number): readonly string[] => ['sh', '-c', `ulimit -f ${blocks} && exec "$@"`, 'sh']

/**
 * Starts a program in a mount namespace of its own, in which `prepare` has mounted something; the mounts end with it. What is in the
 * folder `small` then is copied to `seen`.
 */
const amongMounts = (prepare: string): readonly string[] => [
  'unshare',
  '--map-root-user',
  '--mount',
  'sh',
  '-c',
  `${prepare} && "$@"; code=$?; cp -a small/. seen/; exit $code`,
  'sh',
]
// Needs user namespaces, which some containers forbid; what a full disk and a locked file do is also tested without, at the writers.
const mountsAllowed =
  spawnSync('unshare', ['--map-root-user', '--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0

const ada = { displayName: 'Ada', isAdministrator: true, tokens: 1 }

/** Folders in which a file of an earlier report lies, for {@link amongMounts}. */
async function layOut({ world }: Scene): Promise<void> {
  for (const name of ['small', 'seen']) await mkdir(path.join(world.folder, name))
  await writeFile(path.join(world.folder, 'small', 'pats.csv'), 'old')
}

/** One sentence that says what is wrong and what helps, then the line that goes on; gives the checkpoint. */
async function toldAndKept(
  { stderr, exitCode }: Ended,
  scene: Scene,
  expected: { readonly fault: string | RegExp; readonly argv: string },
): Promise<string> {
  expect(exitCode, stderr).toBe(1)
  const lines = stderr.trimEnd().split('\n')
  const told = lines.filter((line) => line.startsWith('patkit: '))
  expect(told).toHaveLength(1)
  expect(told[0]).toMatch(expected.fault)
  const checkpoint = await checkpointOf(scene.world)
  expect(lines.at(-1)).toBe(`Go on with: patkit report ${expected.argv} --resume ${checkpoint}`)
  expect(stderr).not.toMatch(/^ +at /m)
  expect(await filesIn(scene.world.state)).toEqual([path.basename(checkpoint)])
  return checkpoint
}

async function completes(running: PatkitProcess, users: number): Promise<void> {
  const { exitCode, stdout, stderr } = await running.ended
  expect(exitCode, stderr).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ complete: true, users: { listed: users } })
}

test('a target that outgrows what the system allows is told in one sentence; the old file stays and the checkpoint is kept', async () => {
  // The page alone is larger than all that is read.
  await using scene = await createScene({ people: [ada, { tokens: 1 }, { tokens: 1 }] })
  await writeFile(path.join(scene.world.folder, 'pats.html'), 'old')
  const { ended } = scene.startThrough(belowBlocks(10), 'report', '--out', 'pats.html', '--force')
  const checkpoint = await toldAndKept(await ended, scene, {
    fault: /^patkit: Cannot write .*pats\.html: the file is too large for its file system\. Choose another disk/,
    argv: '--out pats.html --force',
  })
  expect(await filesIn(scene.world.folder)).toEqual(['pats.html'])
  expect(await readFile(path.join(scene.world.folder, 'pats.html'), 'utf8')).toBe('old')
  expect(await keptIn(checkpoint)).toBeGreaterThan(0)
  await completes(scene.start('report', '--out', 'pats.html', '--force', '--resume', '--json'), 3)
})

test('a checkpoint that can no longer be written ends the report; what is in it is kept, and the torn end does no harm', async () => {
  await using scene = await createScene({ users: 400 })
  await writeFile(path.join(scene.world.folder, 'pats.csv'), 'old')
  const { ended } = scene.startThrough(belowBlocks(40), 'report', '--out', 'pats.csv', '--force')
  const checkpoint = await toldAndKept(await ended, scene, {
    fault: /^patkit: The checkpoint .* cannot be written \(EFBIG\)\. /,
    argv: '--out pats.csv --force',
  })
  expect(await filesIn(scene.world.folder)).toEqual(['pats.csv'])
  expect(await readFile(path.join(scene.world.folder, 'pats.csv'), 'utf8')).toBe('old')
  expect(await keptIn(checkpoint)).toBeGreaterThan(5)
  await completes(scene.start('report', '--out', 'pats.csv', '--force', '--resume', '--json'), 400)
})

test.runIf(mountsAllowed)(
  'a disk that fills up is told in one sentence; the old file stays and the checkpoint is kept',
  async () => {
    await using scene = await createScene({ users: 400 })
    await layOut(scene)
    const small = amongMounts('mount -t tmpfs -o size=64k tmpfs small && printf old > small/pats.csv')
    const argv = ['report', '--out', 'small/pats.csv', '--force']
    await toldAndKept(await scene.startThrough(small, ...argv).ended, scene, {
      fault:
        /^patkit: Cannot write .*pats\.csv: no space left on the device\. Free some space, or choose another disk\.$/,
      argv: '--out small/pats.csv --force',
    })
    expect(await filesIn(path.join(scene.world.folder, 'seen'))).toEqual(['pats.csv'])
    expect(await readFile(path.join(scene.world.folder, 'seen', 'pats.csv'), 'utf8')).toBe('old')
    await completes(scene.start('report', '--out', 'elsewhere.csv', '--resume', '--json'), 400)
  },
)

test.runIf(mountsAllowed)(
  'a target that somebody holds open is told when it cannot be replaced, and no other file is',
  async () => {
    await using scene = await createScene({ users: 60 })
    await layOut(scene)
    await writeFile(path.join(scene.world.folder, 'small', 'pats.ndjson'), 'old')
    // What Excel does to a file on Windows: the name cannot be given to another file (EBUSY).
    const held = amongMounts('mount --bind small/pats.csv small/pats.csv')
    const argv = ['report', '--out', 'small/pats.ndjson', 'small/pats.csv', '--force']
    await toldAndKept(await scene.startThrough(held, ...argv).ended, scene, {
      fault: /^patkit: Cannot write .*pats\.csv: it is locked or protected\. Close the program that has it open/,
      argv: '--out small/pats.ndjson --out small/pats.csv --force',
    })
    const seen = path.join(scene.world.folder, 'seen')
    expect(await filesIn(seen)).toEqual(['pats.csv', 'pats.ndjson'])
    for (const name of await filesIn(seen)) expect(await readFile(path.join(seen, name), 'utf8')).toBe('old')
    await completes(scene.start(...argv, '--resume', '--json'), 60)
  },
)

test.runIf(mountsAllowed)('a target that may not be written is told before the first request', async () => {
  await using scene = await createScene({ users: 5 })
  await layOut(scene)
  const readOnly = amongMounts(
    'mount --bind small/pats.csv small/pats.csv && mount -o remount,bind,ro small/pats.csv small/pats.csv',
  )
  const { ended } = scene.startThrough(readOnly, 'report', '--out', 'small/pats.csv', '--force')
  const { exitCode, stderr } = await ended
  expect([exitCode, stderr.trimEnd().split('\n')]).toEqual([
    2,
    [expect.stringMatching(/^patkit: "small\/pats\.csv" may not be written \(EROFS\)\. /)],
  ])
  expect(await readFile(path.join(scene.world.folder, 'seen', 'pats.csv'), 'utf8')).toBe('old')
  expect(scene.emulator.journal.counts.total).toBe(0)
})

test('a reader of standard output who goes away leaves the old file alone, keeps the checkpoint, and is no failure', async () => {
  await using scene = await createScene({ users: 600, latencyMs: 5 })
  await writeFile(path.join(scene.world.folder, 'pats.ndjson'), 'old')
  const running = scene.start('report', '--out', 'pats.ndjson', '-', '--format', 'csv', '--force')
  await running.firstOutput
  running.closeStdout()
  const { exitCode, stderr } = await running.ended
  expect(exitCode).toBe(141)
  expect(stderr).not.toMatch(/patkit:|^ +at /m)
  expect(await filesIn(scene.world.folder)).toEqual(['pats.ndjson'])
  expect(await readFile(path.join(scene.world.folder, 'pats.ndjson'), 'utf8')).toBe('old')
  expect(await keptIn(await checkpointOf(scene.world))).toBeGreaterThan(0)
})

test('a reader of --json who goes away changes nothing about the report', async () => {
  await using scene = await createScene({ users: 40 })
  const running = scene.start('report', '--out', 'pats.csv', '--json')
  running.closeStdout()
  const { exitCode, stderr } = await running.ended
  expect(exitCode, stderr).toBe(0)
  expect(stderr).toContain('fabrikam: complete')
  expect(stderr).not.toMatch(/patkit:|^ +at /m)
  expect(await filesIn(scene.world.folder)).toEqual(['pats.csv'])
  expect(await filesIn(scene.world.state)).toEqual([])
})

test('a terminal that is closed changes nothing about the report', async () => {
  await using scene = await createScene({ users: 200, latencyMs: 2 })
  const running = scene.start('report', '--out', 'pats.csv', '--progress', 'json')
  await scene.emulator.journal.waitFor(20)
  running.closeStderr()
  expect((await running.ended).exitCode).toBe(0)
  expect(await filesIn(scene.world.folder)).toEqual(['pats.csv'])
})
