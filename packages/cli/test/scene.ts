import { systemClock } from '@patkit/core'
import { startEmulator, type Emulator, type EmulatorOptions } from '@patkit/emulator'
import { startPatkit, type PatkitProcess } from './child.js'
import { createWorld, type World } from './world.js'

/** The time by which tokens are judged in every process of a scene. */
const standsAt = Date.parse('2026-03-02T09:00:00Z')

/** Time stands still for judging tokens, and passes for everything else: two runs are to give the same report. */
const standing = { ...systemClock, now: () => standsAt }

/** The same for a process of its own. */
const standingProcess = `--import=data:text/javascript,${encodeURIComponent(`Date.now = () => ${standsAt}`)}`

/** An emulated organization and a world for the command, which also runs as a process of its own. */
export interface Scene extends AsyncDisposable {
  readonly emulator: Emulator
  readonly world: World
  /** Starts the real program. */
  start(...argv: string[]): PatkitProcess
  /** Starts the real program through another one; see {@link startPatkit}. */
  startThrough(through: readonly string[], ...argv: string[]): PatkitProcess
}

/** Sets up a scene for processes; what passes in it is real time. */
export async function createScene(organization: EmulatorOptions): Promise<Scene> {
  const emulator = await startEmulator({ clock: standing, ...organization })
  const env = {
    PATKIT_BASE_URL: emulator.url,
    PATKIT_ACCESS_TOKEN: emulator.tokenFor('administrator', { expiresInSeconds: 86_400 }),
    PATKIT_ORG: 'fabrikam',
  }
  const world = await createWorld({ clock: standing, env })
  const startThrough: Scene['startThrough'] = (through, ...argv) =>
    startPatkit(argv, { cwd: world.folder, env: { ...world.io.env, NODE_OPTIONS: standingProcess }, through })
  return {
    emulator,
    world,
    start: (...argv) => startThrough([], ...argv),
    startThrough,
    [Symbol.asyncDispose]: async () => {
      await emulator.close()
      await world[Symbol.asyncDispose]()
    },
  }
}
