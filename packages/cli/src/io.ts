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

/** The variables that the command looks at. */
export interface CommandVariables {
  /** The organization. */
  readonly PATKIT_ORG?: string
  /** Another address of the service, such as an emulator's. Plain http for this machine only. */
  readonly PATKIT_BASE_URL?: string
  /** A shell command that prints an access token: run again when the token is refused or near its end. */
  readonly PATKIT_TOKEN_COMMAND?: string
  /** An access token of Entra ID. It lives about an hour. */
  readonly PATKIT_ACCESS_TOKEN?: string
  /** A personal access token of an administrator, by the name that the Azure CLI uses. */
  readonly AZURE_DEVOPS_EXT_PAT?: string
  /** The tenant that `login` signs in at. */
  readonly PATKIT_TENANT?: string
  /** The application that `login` signs in to. */
  readonly PATKIT_CLIENT_ID?: string
  /** `off` keeps the key of a kept sign-in in a file, not in the keychain of the operating system. */
  readonly PATKIT_KEYCHAIN?: string
  /** Anything: the stack of an error follows its sentence. */
  readonly PATKIT_DEBUG?: string
  /** Anything: no colours. */
  readonly NO_COLOR?: string
  /** Colours also where there is no terminal; `0`: none. */
  readonly FORCE_COLOR?: string
  /** `dumb`: no colours and no bar. `linux`: no character beyond ASCII in the bar. */
  readonly TERM?: string
  /** With `UTF-8` in it the bar is drawn with blocks. */
  readonly LC_ALL?: string
  /** The same, where `LC_ALL` is not set. */
  readonly LC_CTYPE?: string
  /** The same, where neither is set. */
  readonly LANG?: string
  /** Windows: set where the terminal shows more than ASCII. */
  readonly WT_SESSION?: string
  /** The same. */
  readonly TERM_PROGRAM?: string
  /** The program that opens the page of `login --browser`. Default: the system's. */
  readonly BROWSER?: string
  /** Folder above `patkit`, where settings and the key of a kept sign-in are. Default `~/.config`. Not on Windows. */
  readonly XDG_CONFIG_HOME?: string
  /** Folder above `patkit`, where checkpoints, kept sign-ins and audit logs are. Default `~/.local/state`. Not on Windows. */
  readonly XDG_STATE_HOME?: string
  /** Windows: folder above `patkit`, where settings and the key of a kept sign-in are. */
  readonly APPDATA?: string
  /** Windows: folder above `patkit`, where checkpoints, kept sign-ins and audit logs are. */
  readonly LOCALAPPDATA?: string
  /** Set by npm. `exec`: commands that are suggested begin with `npx`. */
  readonly npm_command?: string
}

/** The words that start this command where it was started: one that came through npx is not on the PATH. */
export function programWords(env: Environment): readonly string[] {
  return variable(env, 'npm_command') === 'exec' ? ['npx', 'patkit'] : ['patkit']
}

/** A variable that is set to something; an empty one counts as not set, as shells and CI systems mean it. */
export function variable(env: Environment, name: keyof CommandVariables): string | undefined {
  const value = env[name]
  return value === undefined || value === '' ? undefined : value
}
