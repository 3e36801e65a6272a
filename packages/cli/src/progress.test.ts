import type { ScanProgress } from '@patkit/core'
import { createTestClock } from '@patkit/emulator'
import { expect, test } from 'vitest'
import { aProgress } from '../test/samples.js'
import { Capture } from '../test/world.js'
import { drawBar, Pace, progressParts, showProgress, type Moment } from './progress.js'
import { Redactor } from './redact.js'
import { JsonTalk, PlainTalk, type Talk } from './talk.js'
import { Terminal } from './terminal.js'

const now = Date.parse('2026-06-01T00:00:00Z')

function moment(changes: Partial<ScanProgress>, remainingMs?: number): Moment {
  return { progress: aProgress(changes), now, remainingMs }
}

const busy = moment(
  { listed: 1980, done: 412, total: 1980, tokens: 1203, failures: 2, waitingUntil: new Date(now + 7_600) },
  190_000,
)

test('progressParts() says users, tokens, failures, waiting time and the time left', () => {
  expect(progressParts(busy, true)).toEqual([
    'users 412/1,980',
    'tokens 1,203',
    '2 failed',
    'waiting 8 s: throttled',
    'ETA 3 min 10 s',
  ])
})

test('progressParts() marks the number of users as preliminary while they are being listed', () => {
  expect(progressParts(moment({ listed: 1500, done: 12 }), true)).toEqual(['users 12/≈1,500', 'tokens 0'])
  expect(progressParts(moment({ listed: 1500, done: 12 }), false)).toEqual(['users 12/~1,500', 'tokens 0'])
})

test('progressParts() does not speak of a pause that is over', () => {
  expect(progressParts(moment({ waitingUntil: new Date(now - 1) }), true)).toEqual(['listing users'])
})

test('drawBar() draws a bar while there is room, in the characters the terminal knows', () => {
  expect(drawBar(busy, 120, true)).toBe(
    `${'█'.repeat(4)}${'░'.repeat(20)} 20 %  users 412/1,980 · tokens 1,203 · 2 failed · waiting 8 s: throttled · ETA 3 min 10 s`,
  )
  expect(drawBar(moment({ done: 5, total: 10 }), 70, false)).toMatch(
    /^\[#{12}-{12}\] {1,2}50 % {2}users 5\/10 \| tokens 0$/,
  )
})

test('drawBar() leaves out the least important parts on a narrow terminal, and never wraps', () => {
  for (let width = 16; width <= 140; width++) expect(drawBar(busy, width, true).length).toBeLessThanOrEqual(width)
  expect(drawBar(busy, 62, true)).toBe('users 412/1,980 · 2 failed · waiting 8 s: throttled')
  expect(drawBar(busy, 20, true)).toBe('users 412/1,980')
})

test('drawBar() is full for an organization without users', () => {
  expect(drawBar(moment({ total: 0 }), 80, true)).toMatch(/^█+ *100 % {2}users 0\/0/)
})

test('Pace tells the time left by the speed of the last minute', () => {
  const pace = new Pace()
  const at = (seconds: number, done: number, total: number | undefined = 1000): number | undefined =>
    pace.remainingMs(aProgress({ done, total }), now + seconds * 1000)
  expect(at(0, 0)).toBeUndefined()
  expect(at(10, 100)).toBe(90_000)
  // Two minutes without a single user, then 10 a second: what was before the last minute does not count.
  expect(at(130, 100)).toBeUndefined()
  for (let second = 131; second <= 190; second++) at(second, 100 + (second - 130) * 10)
  expect(at(190, 700)).toBeCloseTo(30_000, -2)
})

test('Pace says nothing while the number of users is unknown, and does not count users from a checkpoint as speed', () => {
  const pace = new Pace()
  expect(pace.remainingMs(aProgress({ done: 0 }), now)).toBeUndefined()
  expect(pace.remainingMs(aProgress({ done: 50 }), now + 10_000)).toBeUndefined()
  const resumed = new Pace()
  resumed.remainingMs(aProgress({ done: 0, total: 1000 }), now)
  expect(resumed.remainingMs(aProgress({ done: 900, recalled: 890, total: 1000 }), now + 10_000)).toBe(100_000)
})

function plainTalk(output: Capture): Talk {
  const terminal = new Terminal(output, { LANG: 'C.UTF-8', TERM: 'xterm' }, 'linux')
  return new PlainTalk(terminal, { quiet: false, redactor: new Redactor() })
}

test('showProgress() draws a bar at most ten times a second, counts a pause down, and clears the line at the end', async () => {
  const clock = createTestClock('2026-06-01T00:00:00Z')
  const output = new Capture({ isTTY: true, columns: 80 })
  const read = (): ScanProgress => aProgress({ done: 1, total: 2, waitingUntil: new Date(now + 2_000) })
  const stop = showProgress('bar', { read, talk: plainTalk(output), clock })
  await clock.advance(1_000)
  const drawn = output.chunks.length
  expect(drawn).toBeGreaterThanOrEqual(2)
  expect(drawn).toBeLessThanOrEqual(10)
  expect(output.chunks[0]).toContain('waiting 2 s: throttled')
  await clock.advance(500)
  expect(output.chunks.at(-1)).toContain('waiting 1 s: throttled')
  stop()
  expect(output.chunks.at(-1)).toMatch(/^\r +\r$/)
  const after = output.chunks.length
  await clock.advance(60_000)
  expect(output.chunks.length).toBe(after)
})

test('showProgress() writes a line every ten seconds, also while nothing happens, without a control character', async () => {
  const clock = createTestClock('2026-06-01T00:00:00Z')
  const output = new Capture()
  const stop = showProgress('lines', {
    read: () => aProgress({ done: 3, total: 10, tokens: 7 }),
    talk: plainTalk(output),
    clock,
  })
  await clock.advance(35_000)
  stop()
  expect(output.lines).toEqual(Array<string>(3).fill('30 %: users 3/10, tokens 7'))
})

test('showProgress() writes one JSON object per line, the last at the end', async () => {
  const clock = createTestClock('2026-06-01T00:00:00Z')
  const output = new Capture()
  const progress = aProgress({ done: 3, listed: 5, requests: 9, waitingUntil: new Date(now + 5_000) })
  const talk = new JsonTalk(output, { quiet: false, redactor: new Redactor() })
  const stop = showProgress('json', { read: () => progress, talk, clock })
  await clock.advance(2_500)
  stop()
  const events = output.lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(events.map(({ at }) => at)).toEqual(['01.000', '02.000', '02.500'].map((at) => `2026-06-01T00:00:${at}Z`))
  expect(events[0]).toEqual({
    type: 'progress',
    at: '2026-06-01T00:00:01.000Z',
    listed: 5,
    done: 3,
    total: null,
    tokens: 0,
    failures: 0,
    recalled: 0,
    concurrency: 8,
    waitingUntil: '2026-06-01T00:00:05.000Z',
    requests: 9,
    retries: 0,
    throttledMs: 0,
    etaSeconds: null,
  })
})

test('showProgress() shows nothing when nothing is wanted', async () => {
  const clock = createTestClock()
  const output = new Capture()
  showProgress('none', { read: () => aProgress(), talk: plainTalk(output), clock })()
  await clock.advance(60_000)
  expect(output.text).toBe('')
})
