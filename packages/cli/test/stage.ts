import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { createTestClock, startEmulator, type Emulator, type EmulatorOptions, type TestClock } from '@patkit/emulator'
import { createWorld, type World, type WorldOptions } from './world.js'

/** An emulated organization and a world for the command. */
export interface Stage extends AsyncDisposable {
  readonly clock: TestClock
  readonly emulator: Emulator
  readonly world: World
  /** Runs `patkit report` for the emulator's organization, skipping every pause. */
  report(...argv: string[]): Promise<number>
  /** Runs any command for the emulator's organization, skipping every pause. */
  run(...argv: string[]): Promise<number>
}

/** Sets up an organization of 20 users, unless told otherwise, and a world; with one clock for both. */
export async function createStage(organization: EmulatorOptions = {}, options: WorldOptions = {}): Promise<Stage> {
  const clock = createTestClock()
  const size = organization.people === undefined ? { users: 20 } : {}
  const emulator = await startEmulator({ ...size, ...organization, clock })
  const env = { PATKIT_BASE_URL: emulator.url, PATKIT_ACCESS_TOKEN: emulator.tokenFor(), ...options.env }
  const world = await createWorld({ clock, ...options, env })
  return {
    clock,
    emulator,
    world,
    run: (...argv) => clock.runUntil(world.run(...argv, '--org', emulator.organization)),
    report: (...argv) => clock.runUntil(world.run('report', '--org', emulator.organization, ...argv)),
    [Symbol.asyncDispose]: async () => {
      await emulator.close()
      await world[Symbol.asyncDispose]()
    },
  }
}

/** Names in a folder, in order; none if there is no folder. */
export async function filesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).sort()
}

/** The only checkpoint of a world. */
export async function checkpointOf({ state }: World): Promise<string> {
  // A killed process leaves its lock beside it.
  const [name, another] = (await filesIn(state)).filter((file) => file.endsWith('.ndjson'))
  if (name === undefined || another !== undefined) throw new Error('there is not one checkpoint')
  return path.join(state, name)
}

/** How many people's tokens a checkpoint holds. */
export async function keptIn(checkpoint: string): Promise<number> {
  return (await readFile(checkpoint, 'utf8')).trim().split('\n').length - 1
}

/** People whose tokens were asked for. */
export function askedFor({ journal }: Emulator): Set<string | undefined> {
  const requests = journal.requests.filter((request) => request.path.includes('/tokenadmin/'))
  return new Set(requests.map(({ subject }) => subject))
}

/** The summary that `--json` printed. */
export function summaryOf({ stdout }: World): { readonly users: { readonly read: number } } & Record<string, unknown> {
  return JSON.parse(stdout.text) as ReturnType<typeof summaryOf>
}
