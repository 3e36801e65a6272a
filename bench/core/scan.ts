import { DevOpsClient } from '@patkit/core'
import type { BenchOptions, BenchRow, BenchSuite } from '../bench-row.js'
import { forkEmulator, type EmulatorProcess } from './emulator-process.js'

const latencyMs = 50
const concurrency = 16
/** Scans of which the median counts: a shared machine is never quiet for long. */
const turns = 3

function clientFor({ url, organization, token }: EmulatorProcess): DevOpsClient {
  return new DevOpsClient({ organization, baseUrl: url, credential: () => token })
}

async function warmUp(devops: DevOpsClient): Promise<void> {
  let users = 0
  for await (const _ of devops.scanTokens({ concurrency })) if (++users === 100) break
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return (performance.now() - startedAt) / 1000
}

/** The scan beside the ideal (every request exactly as long as the service takes) and beside a loop that reads one user after the other. */
async function scanSpeed({ quick }: BenchOptions): Promise<BenchRow[]> {
  const users = quick ? 400 : 2000
  const emulator = await forkEmulator({ users, latencyMs })
  try {
    // The first requests of a process also pay for compiling what they run through.
    await warmUp(clientFor(emulator))
    const runs: number[] = []
    let requests = 0
    let descriptors = new Set<string>()
    for (let turn = 0; turn < turns; turn++) {
      const scan = clientFor(emulator).scanTokens({ concurrency })
      descriptors = new Set()
      const seconds = await timed(async () => {
        for await (const outcome of scan) if (outcome.status === 'read') descriptors.add(outcome.user.descriptor)
      })
      runs.push(seconds)
      requests = scan.progress.requests
    }
    const scanSeconds = runs.sort((a, b) => a - b)[Math.floor(turns / 2)] ?? 0
    const idealSeconds = (requests * latencyMs) / 1000 / concurrency

    const loop = clientFor(emulator)
    const loopSeconds = await timed(async () => {
      for await (const user of loop.users.list()) {
        if (!descriptors.has(user.descriptor)) continue
        for await (const _ of loop.tokenAdmin.list(user.descriptor));
      }
    })
    const toIdeal = scanSeconds / idealSeconds
    const faster = loopSeconds / scanSeconds
    const detail = `${users} users, ${requests} requests of ${latencyMs} ms, concurrency ${concurrency}, median of ${turns} scans`
    return [
      {
        name: 'scan: time to the ideal',
        measured: `${toIdeal.toFixed(3)} x (${scanSeconds.toFixed(2)} s)`,
        target: '<= 1.10 x',
        passed: toIdeal <= 1.1,
        detail,
      },
      {
        name: 'scan: faster than a sequential loop',
        measured: `${faster.toFixed(1)} x (${loopSeconds.toFixed(1)} s)`,
        target: '>= 14 x',
        passed: faster >= 14,
        detail,
      },
    ]
  } finally {
    await emulator.close()
  }
}

const permittedPerSecond = 50
const limitTstu = 200
const windowSeconds = 300
/** What was left at the start is used up by then; the rate is taken afterwards. */
const settlingMs = 10_000

/** A limit of 50 requests a second, in the service's own terms: 200 units that come back over 5 minutes, and nearly all used. */
async function rateLimit({ quick }: BenchOptions): Promise<BenchRow[]> {
  const costTstu = limitTstu / windowSeconds / permittedPerSecond
  const emulator = await forkEmulator({
    users: quick ? 1500 : 4000,
    latencyMs,
    // About the share that is left once a long run has settled, so that no stored-up burst flatters the rate.
    rateLimit: { limitTstu, windowSeconds, costTstu, usedTstu: limitTstu * 0.92 },
  })
  try {
    let refused = 0
    let answered = 0
    let steady = 0
    const startedAt = performance.now()
    const isSteady = (): boolean => performance.now() - startedAt > settlingMs
    const devops = new DevOpsClient({
      organization: emulator.organization,
      baseUrl: emulator.url,
      credential: () => emulator.token,
      hooks: {
        onResponse: ({ status }) => {
          if (status === 429) refused++
          else answered++
          if (status !== 429 && isSteady()) steady++
        },
      },
    })
    const scan = devops.scanTokens({ concurrency })
    let failed = 0
    const seconds = await timed(async () => {
      for await (const outcome of scan) if (outcome.status === 'failed') failed++
    })
    const share = steady / (seconds - settlingMs / 1000) / permittedPerSecond
    const refusedShare = refused / (refused + answered)
    const detail = `${answered} answers in ${seconds.toFixed(1)} s, rate taken after ${settlingMs / 1000} s, ${refused} refused, ${failed} users failed`
    return [
      {
        name: 'rate limit 50/s: share of it that is used',
        measured: `${(share * 100).toFixed(1)} %`,
        target: '>= 90 %',
        passed: share >= 0.9 && failed === 0,
        detail,
      },
      {
        name: 'rate limit 50/s: requests refused',
        measured: `${(refusedShare * 100).toFixed(2)} %`,
        target: '<= 2 %',
        passed: refusedShare <= 0.02 && failed === 0,
        detail,
      },
    ]
  } finally {
    await emulator.close()
  }
}

export const coreSuite: BenchSuite = {
  name: 'core',
  run: async (options) => [...(await scanSpeed(options)), ...(await rateLimit(options))],
}
