import { createTestClock, startEmulator, type Emulator, type EmulatorOptions, type TestClock } from '@patkit/emulator'
import { expect, onTestFinished } from 'vitest'
import { DevOpsClient, type Attempt, type DevOpsClientOptions, type GraphUser } from '../src/index.js'

/** An emulated service and a client of it, on one clock that only the test moves. */
export interface World {
  readonly emulator: Emulator
  readonly clock: TestClock
  readonly devops: DevOpsClient
  /** Another client of the same service. */
  readonly client: (options?: Partial<DevOpsClientOptions>) => DevOpsClient
}

/** Starts a world that ends with the test. Jitter is off: a pause is as long as it can be. */
export async function startWorld(
  options: EmulatorOptions = {},
  clientOptions: Partial<DevOpsClientOptions> = {},
): Promise<World> {
  const clock = createTestClock()
  const emulator = await startEmulator({ clock, ...options })
  onTestFinished(() => emulator.close())
  const client = (more: Partial<DevOpsClientOptions> = {}): DevOpsClient =>
    new DevOpsClient({
      organization: emulator.organization,
      baseUrl: emulator.url,
      credential: () => emulator.tokenFor('administrator'),
      clock,
      random: () => 1,
      ...clientOptions,
      ...more,
    })
  return { emulator, clock, devops: client(), client }
}

/** Reads an iterable to its end. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

/** What a promise is rejected with. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('it did not fail')
}

/** Lists the users of a world, skipping every pause. */
export function readUsers({ devops, clock }: Pick<World, 'devops' | 'clock'>): Promise<GraphUser[]> {
  return clock.runUntil(collect(devops.users.list()))
}

/** Matches the first request that {@link readUsers} sends after a fault rule was added. */
export const firstUsers = { path: '/graph/users', nth: 1 } as const

/** Matches a text that holds this one. */
export const containing = (text: string): string => expect.stringContaining(text) as string

/** What went wrong at each try, oldest first. */
export const failuresIn = (error: unknown): string[] =>
  (error as { readonly attempts: readonly Attempt[] }).attempts.map(({ failure }) => failure)
