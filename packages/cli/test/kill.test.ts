import { readFile, unlink } from 'node:fs/promises'
import path from 'node:path'
import * as fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { askedFor, checkpointOf, filesIn, keptIn } from './stage.js'
import { createScene, type Scene } from './scene.js'
import { unzip } from './zip.js'

// Forty processes and more, two at a time.
vi.setConfig({ testTimeout: 300_000 })

const files = ['pats.csv', 'pats.ndjson', 'pats.html', 'pats.xlsx']
const organization = { users: 240, seed: 3, pageSize: 80, latencyMs: 3 }
const kills = 20
const seed = 20_261_126

/** When a process is killed: after so many of the requests of a whole run, as a share, and then so many milliseconds. */
interface Moment {
  readonly share: number
  readonly thenMs: number
}

/** Anywhere in a run, but for one in five, which falls into the writing of the files after the last answer. */
const anyMoment: fc.Arbitrary<Moment> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ share: fc.double({ min: 0, max: 1, noNaN: true }), thenMs: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ share: fc.constant(1), thenMs: fc.nat(100) }) },
)

test(`a report that is killed at any of ${kills} random moments (seed ${seed}) and resumed equals one that was not`, async () => {
  await using scene = await createScene(organization)
  expect(await scene.start('report', '--out', ...files).ended).toMatchObject({ exitCode: 0 })
  const requests = scene.emulator.journal.counts.total
  const whole = await contentOf(scene.world.folder)

  const moments = fc.sample(anyMoment, { seed, numRuns: kills })
  const lanes = [0, 1].map(async (lane) => {
    for (const moment of moments.filter((_, index) => index % 2 === lane)) await surviveKill(moment, requests, whole)
  })
  await Promise.all(lanes)
})

async function surviveKill({ share, thenMs }: Moment, requests: number, whole: Content): Promise<void> {
  await using scene = await createScene(organization)
  const at = `killed after ${Math.ceil(share * requests)} of ${requests} requests and ${thenMs} ms`
  const checkpoint = await kill(scene, Math.max(Math.ceil(share * requests), 1), thenMs)
  const kept = await keptIn(checkpoint)

  scene.emulator.journal.clear()
  // Whoever is killed between two renames has some of the files already.
  const resumed = await scene.start('report', '--out', ...files, '--resume', '--force', '--json').ended
  expect(resumed, at).toMatchObject({ exitCode: 0 })
  const summary = JSON.parse(resumed.stdout) as { readonly users: { readonly read: number } }
  expect(summary, at).toMatchObject({ complete: true, users: { listed: organization.users } })
  expect(askedFor(scene.emulator).size, at).toBe(summary.users.read - kept)
  expect(await contentOf(scene.world.folder), at).toEqual(whole)
  expect(await filesIn(scene.world.folder), at).toEqual([...files].sort())
  expect(await filesIn(scene.world.state), at).toEqual([])
}

/** Starts a report and kills it; a machine that was quicker than the moment gets an earlier one. Gives the checkpoint that is left. */
async function kill(scene: Scene, afterRequests: number, thenMs: number): Promise<string> {
  const { emulator, world } = scene
  emulator.journal.clear()
  const running = scene.start('report', '--out', ...files, '--force')
  await emulator.journal.waitFor(afterRequests)
  await new Promise((resolve) => setTimeout(resolve, thenMs))
  running.kill('SIGKILL')
  const { signal, exitCode, stderr } = await running.ended
  // The last thing a report does is to take its checkpoint away.
  if (signal === 'SIGKILL' && (await filesIn(world.state)).length > 0) return checkpointOf(world)
  expect(exitCode === 0 || signal === 'SIGKILL', stderr).toBe(true)
  for (const name of await filesIn(world.folder)) await unlink(path.join(world.folder, name))
  return kill(scene, afterRequests, Math.floor(thenMs / 2))
}

type Content = ReadonlyMap<string, string>

/** What is in the files of a report, but for its count of requests, of which a resumed one needs fewer. */
async function contentOf(folder: string): Promise<Content> {
  const [csv, ndjson, html, xlsx] = await Promise.all(files.map((name) => readFile(path.join(folder, name))))
  if (csv === undefined || ndjson === undefined || html === undefined || xlsx === undefined)
    throw new Error('unreachable')
  const content = new Map([
    ['csv', csv.toString()],
    ['ndjson', ndjson.toString()],
    ['html', html.toString().replace(/The scan sent [^<]*/, '')],
  ])
  for (const [name, text] of unzip(xlsx)) {
    if (!/^xl\/(?:worksheets\/|workbook\.xml|styles\.xml)/.test(name)) continue
    const rows = text.split('<row ').filter((row) => !row.includes('>Requests<'))
    content.set(name, rows.join('<row '))
  }
  return content
}
