import type { Clock } from '@patkit/core'
import type { Keychain } from './keychain.js'

/** Where text goes: `process.stdout`, or a test's own stream. */
export interface Output extends NodeJS.WritableStream {
  readonly isTTY?: boolean
  /** Width of the terminal in characters. */
  readonly columns?: number
}

/** Where answers come from: `process.stdin`, or a test's own stream. */
export interface Input extends NodeJS.ReadableStream {
  readonly isTTY?: boolean
}

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>

/** What the command needs of the world around it; a test gives its own. */
export interface Io {
  readonly stdin: Input
  readonly stdout: Output
  readonly stderr: Output
  readonly env: Environment
  /** Folder that relative paths start from. */
  readonly cwd: string
  readonly platform: NodeJS.Platform
  readonly homeDirectory: string
  /** Who is logged in to this machine, for records of who did what. */
  readonly userName: string
  /** The only source of time; the machine's clock when left out. */
  readonly clock?: Clock
  /** The keychain; the operating system's when left out. */
  readonly keychain?: Keychain
  /** Calls `listener` for every signal that asks the command to end, until the returned function is called. */
  onSignal(listener: (signal: NodeJS.Signals) => void): () => void
}

/** A variable that is set to something; an empty one counts as not set, as shells and CI systems mean it. */
export function variable(env: Environment, name: string): string | undefined {
  const value = env[name]
  return value === undefined || value === '' ? undefined : value
}
