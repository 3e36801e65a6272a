import { once } from 'node:events'
import { type Server, type Socket, connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { randomFill } from 'node:crypto'

/** The emulator's only source of time and of waiting. A client's clock of the same shape can be used as it is. */
export interface EmulatorClock {
  /** Milliseconds since 1970-01-01 UTC. */
  now(): number
  /** Resolves after `ms` milliseconds; rejects with `signal.reason` as soon as the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Calls `fire` after `ms` milliseconds unless the returned function is called first. */
  timer(ms: number, fire: () => void): () => void
}

/** Something whose work the test clock waits for before it lets time pass. An emulator registers itself. */
export interface WatchedWorld {
  /** Pieces of work in progress that will end without any time passing. */
  busy(): number
  /** Grows with everything that happens, so that an unchanged value means that nothing did. */
  version(): number
  /** What is going on, for the message of a test that is stuck. */
  describe(): string
}

/**
 * A clock that stands still until a test moves it, shared by an emulator and the client under test.
 *
 * Sleeps are skipped and guards (timers) are not: {@link TestClock.runUntil} jumps to the end of the earliest sleep once everything
 * that can happen without time passing has happened. A guard fires when time passes it on the way to a sleep, or by
 * {@link TestClock.advance}.
 */
export interface TestClock extends EmulatorClock {
  /** Milliseconds of every pause asked for through `sleep`, in order. What the emulator itself waits for is not among them. */
  readonly pauses: number[]
  /** Moves time forward by `ms` milliseconds, ending sleeps and firing guards in the order of their times. */
  advance(ms: number): Promise<void>
  /**
   * Waits for `promise` and skips the pauses on the way; settles as `promise` does.
   *
   * @throws Error when nothing has moved for ten seconds of real time and nobody sleeps: what remains is a guard, or a request that a
   * fault rule left hanging, and only `advance` gets past those. The message says which.
   */
  runUntil<T>(promise: Promise<T>): Promise<T>
  /** Makes `runUntil` and `advance` wait for the work of `world`; returns the function that ends this. Emulators call it themselves. */
  watch(world: WatchedWorld): () => void
  /** A sleep that is not recorded in `pauses`: for the delays of a service that the test only looks at from outside. */
  hold(ms: number, signal?: AbortSignal): Promise<void>
}

/** Longest delay `setTimeout` takes; beyond it Node fires at once. */
const longestDelayMs = 2 ** 31 - 1

/** The machine's clock. */
export const systemClock: EmulatorClock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    abortable(signal, (end) => {
      const timeout = setTimeout(end, Math.min(Math.max(ms, 0), longestDelayMs))
      return () => clearTimeout(timeout)
    }),
  timer: (ms, fire) => {
    const timeout = setTimeout(fire, Math.min(Math.max(ms, 0), longestDelayMs))
    return () => clearTimeout(timeout)
  },
}

/** Waits for what `begin` starts; the signal cancels it. Leaves no listener on the signal. */
function abortable(signal: AbortSignal | undefined, begin: (end: () => void) => () => void): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error)
      return
    }
    const abort = (): void => {
      cancel()
      reject(signal?.reason as Error)
    }
    const cancel = begin(() => {
      signal?.removeEventListener('abort', abort)
      resolve()
    })
    signal?.addEventListener('abort', abort, { once: true })
  })
}

/** Whether a clock is one whose emulators have to tell it what they are doing. */
export function isTestClock(clock: EmulatorClock): clock is TestClock {
  return 'watch' in clock && 'hold' in clock
}

/**
 * Makes a clock that stands still until a test moves it.
 *
 * @param startIso - The first time it shows, as ISO 8601 text; 2026-03-02T09:00:00Z unless given.
 * @throws RangeError when `startIso` is no time.
 */
export function createTestClock(startIso = '2026-03-02T09:00:00Z'): TestClock {
  const start = Date.parse(startIso)
  if (Number.isNaN(start)) throw new RangeError(`startIso must be an ISO 8601 time, not ${JSON.stringify(startIso)}`)
  return new StandingClock(start)
}

interface Alarm {
  readonly kind: 'sleep' | 'guard'
  readonly at: number
  readonly order: number
  readonly ring: () => void
}

/** @internal */
export class StandingClock implements TestClock {
  readonly pauses: number[] = []
  readonly #alarms = new Set<Alarm>()
  readonly #worlds = new Set<WatchedWorld>()
  #now: number
  #alarmsSet = 0
  #changes = 0

  readonly #stuckAfterMs: number

  constructor(start: number, stuckAfterMs = 10_000) {
    this.#now = start
    this.#stuckAfterMs = stuckAfterMs
  }

  now(): number {
    return this.#now
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.pauses.push(ms)
    return this.hold(ms, signal)
  }

  hold(ms: number, signal?: AbortSignal): Promise<void> {
    return abortable(signal, (end) => this.#setAlarm('sleep', ms, end))
  }

  timer(ms: number, fire: () => void): () => void {
    return this.#setAlarm('guard', ms, fire)
  }

  watch(world: WatchedWorld): () => void {
    this.#worlds.add(world)
    return () => {
      this.#worlds.delete(world)
      this.#changes++
    }
  }

  async advance(ms: number): Promise<void> {
    const target = this.#now + Math.max(ms, 0)
    const turn = await openTurn()
    try {
      await this.#settle(turn)
      for (let next = this.#earliest(); next !== undefined && next.at <= target; next = this.#earliest()) {
        this.#ring(next)
        await this.#settle(turn)
      }
      this.#now = Math.max(this.#now, target)
      this.#changes++
    } finally {
      turn.close()
    }
  }

  async runUntil<T>(promise: Promise<T>): Promise<T> {
    let settled = false
    const mark = (): void => {
      settled = true
    }
    promise.then(mark, mark)
    const isSettled = (): boolean => settled
    const turn = await openTurn()
    try {
      while (!isSettled()) {
        await this.#settle(turn, isSettled)
        if (isSettled()) break
        if (this.#hasSleep()) this.#ring(this.#earliest())
        else await this.#waitForChange(turn, isSettled)
      }
    } finally {
      turn.close()
    }
    return promise
  }

  #setAlarm(kind: Alarm['kind'], ms: number, ring: () => void): () => void {
    const at = this.#now + (Number.isFinite(ms) ? Math.max(ms, 0) : longestDelayMs)
    const alarm: Alarm = { kind, at, order: this.#alarmsSet++, ring }
    this.#alarms.add(alarm)
    this.#changes++
    return () => {
      if (this.#alarms.delete(alarm)) this.#changes++
    }
  }

  #earliest(): Alarm | undefined {
    let first: Alarm | undefined
    for (const alarm of this.#alarms) {
      if (first === undefined || alarm.at < first.at || (alarm.at === first.at && alarm.order < first.order))
        first = alarm
    }
    return first
  }

  #hasSleep(): boolean {
    for (const alarm of this.#alarms) if (alarm.kind === 'sleep') return true
    return false
  }

  /** Moves to the time of an alarm and lets it ring. A sleep that is due takes the other sleeps of the same moment with it. */
  #ring(alarm: Alarm | undefined): void {
    if (alarm === undefined) return
    this.#now = Math.max(this.#now, alarm.at)
    const due = [...this.#alarms].filter((other) => other.kind === alarm.kind && other.at <= this.#now)
    due.sort((left, right) => left.at - right.at || left.order - right.order)
    for (const other of due) {
      // An alarm that rang before may have cancelled this one.
      if (this.#alarms.delete(other)) other.ring()
    }
    this.#changes++
  }

  #version(): number {
    let version = this.#changes
    for (const world of this.#worlds) version += world.version()
    return version
  }

  #isBusy(): boolean {
    for (const world of this.#worlds) if (world.busy() > 0) return true
    return false
  }

  /**
   * Lets everything happen that needs no time to pass.
   *
   * The world is at rest once several rounds in a row changed nothing. A round ends after a byte has gone through the loopback
   * interface and back, so that whatever was sent before it has arrived; and while this process has connections, writes or file
   * operations under way, a round does not count.
   */
  async #settle(turn: Turn, isSettled: () => boolean = () => false): Promise<void> {
    let version = this.#version()
    let waitedSince = performance.now()
    for (let quietRounds = 0; quietRounds < roundsAtRest;) {
      await turn.take(quietRounds + 1 === roundsAtRest)
      if (isSettled()) return
      const now = this.#version()
      if (now !== version) waitedSince = performance.now()
      const pending = hasPendingOperations() && performance.now() - waitedSince < longestPendingMs
      quietRounds = now === version && !this.#isBusy() && !pending ? quietRounds + 1 : 0
      version = now
    }
  }

  /** Nobody sleeps: only the outside world can move things on. */
  async #waitForChange(turn: Turn, isSettled: () => boolean): Promise<void> {
    const version = this.#version()
    const since = performance.now()
    while (!isSettled() && this.#version() === version) {
      await turn.take(true)
      if (performance.now() - since > this.#stuckAfterMs) throw new Error(this.#describeStandstill())
    }
  }

  #describeStandstill(): string {
    const guards = [...this.#alarms].map((alarm) => Math.ceil(alarm.at - this.#now)).sort((left, right) => left - right)
    const waiting =
      guards.length === 0
        ? 'no guard is set'
        : `${guards.length} guard(s) are set, the next fires in ${guards[0] ?? 0} ms`
    const worlds = [...this.#worlds].map((world) => world.describe())
    return `runUntil() is stuck: nobody sleeps and ${waiting}${['', ...worlds].join('; ')}. Call advance(ms) to let a guard fire.`
  }
}

/** Rounds without any change after which the world counts as being at rest. */
const roundsAtRest = 4
/** Real time after which an operation of this process that never ends no longer holds the clock back. */
const longestPendingMs = 2_000

/** Operations that end by themselves and then make something happen; idle sockets and timers are not among them. */
const pendingOperation = /Connect|WriteWrap|Shutdown|AddrInfo|NameInfo|Query|FSReq/

function hasPendingOperations(): boolean {
  return process.getActiveResourcesInfo().some((name) => pendingOperation.test(name))
}

interface Turn {
  /** Lets I/O happen; a long turn also takes a real millisecond or two. */
  take(long: boolean): Promise<void>
  close(): void
}

/**
 * Opens a pair of loopback sockets through which turns are taken. The interface delivers in the order of sending, so a byte that has
 * arrived proves that everything sent before it has arrived too; an idle loop alone would prove nothing on a busy machine.
 */
async function openTurn(): Promise<Turn> {
  const server: Server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const near = connect(port, '127.0.0.1')
  const [far] = (await once(server, 'connection')) as [Socket]
  if (near.connecting) await once(near, 'connect')
  server.close()
  for (const socket of [near, far]) socket.setNoDelay(true).on('error', () => undefined)
  far.on('data', (data) => far.write(data))
  return {
    take: async (long) => {
      const back = once(near, 'data')
      near.write('.')
      await back
      await immediate()
      // Compression and web crypto work in other threads, where neither sockets nor the list of active operations show them.
      if (long) await Promise.all([threadTurn(), realPause()])
      await immediate()
    },
    close: () => {
      near.destroy()
      far.destroy()
    },
  }
}

const immediate = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const realPause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2))
const threadTurn = (): Promise<void> => new Promise((resolve) => randomFill(Buffer.alloc(1), () => resolve()))
