import type { Server, Socket } from 'node:net'
import { type EmulatorClock, type WatchedWorld, isTestClock } from './clock.js'

/**
 * What the emulator is doing, so that a test clock knows when to let time pass.
 *
 * A request counts as work from its arrival to the end of its answer, except while it waits for the clock or hangs for good.
 */
export class Activity implements WatchedWorld {
  readonly #sockets = new Set<Socket>()
  #busy = 0
  #hanging = 0
  #changes = 0

  busy(): number {
    return this.#busy
  }

  version(): number {
    let version = this.#changes
    for (const socket of this.#sockets) version += socket.bytesRead + socket.bytesWritten
    return version
  }

  describe(): string {
    return `the emulator has ${this.#busy} request(s) at work and ${this.#hanging} hanging by a fault rule`
  }

  observe(server: Server): void {
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      this.#changes++
      socket.on('close', () => {
        this.#sockets.delete(socket)
        // The bytes of a closed socket leave the sum; the count of changes must still grow.
        this.#changes += socket.bytesRead + socket.bytesWritten + 1
      })
    })
  }

  begin(): Work {
    this.#busy++
    this.#changes++
    let state: 'working' | 'waiting' | 'hanging' | 'done' = 'working'
    const become = (next: typeof state): void => {
      if (state === 'done' || state === next) return
      if (state === 'working') this.#busy--
      if (state === 'hanging') this.#hanging--
      if (next === 'working') this.#busy++
      if (next === 'hanging') this.#hanging++
      state = next
      this.#changes++
    }
    return {
      wait: () => become('waiting'),
      resume: () => become('working'),
      hang: () => become('hanging'),
      end: () => become('done'),
    }
  }
}

/** One request's part in the activity. */
export interface Work {
  wait(): void
  resume(): void
  hang(): void
  end(): void
}

/** Waits on the clock in the name of a request: not a pause of the client, and no work while it lasts. */
export async function holdOnClock(clock: EmulatorClock, work: Work, ms: number, signal: AbortSignal): Promise<void> {
  const wait = isTestClock(clock) ? clock.hold(ms, signal) : clock.sleep(ms, signal)
  work.wait()
  try {
    await wait
  } finally {
    work.resume()
  }
}
