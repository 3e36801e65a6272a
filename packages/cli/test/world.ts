import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import type { Clock } from '@patkit/core'
import { main } from '../src/main.js'
import type { Input, Io, Output } from '../src/io.js'
import type { Keychain } from '../src/keychain.js'

/** A stream that remembers what was written to it. */
export class Capture extends Writable implements Output {
  readonly chunks: string[] = []
  declare readonly isTTY: boolean
  declare readonly columns: number
  /** Told of everything that is written, as somebody who reads along. */
  onText: (text: string) => void = () => undefined

  constructor(terminal: { readonly isTTY?: boolean; readonly columns?: number } = {}) {
    super({ decodeStrings: false })
    Object.assign(this, { isTTY: false, columns: 80, ...terminal })
  }

  get text(): string {
    return this.chunks.join('')
  }

  /** Lines without the last line break. */
  get lines(): string[] {
    return this.text === '' ? [] : this.text.replace(/\n$/, '').split('\n')
  }

  override _write(chunk: string | Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.chunks.push(chunk.toString())
    this.onText(chunk.toString())
    done()
  }
}

/** A keyboard: what is typed waits until it is asked for. Give it `isTTY: false` for a pipe. */
export class Keyboard extends PassThrough implements Input {
  readonly isTTY: boolean

  constructor({ isTTY = true }: { readonly isTTY?: boolean } = {}) {
    super()
    this.isTTY = isTTY
  }

  type(line: string): void {
    this.write(`${line}\n`)
  }
}

/** What a test may change of the world around the command. */
export interface WorldOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly clock?: Clock
  readonly stdin?: Keyboard
  readonly stderr?: Capture
  readonly stdout?: Capture
  readonly platform?: NodeJS.Platform
  /** A keychain for this world; without it there is none, whatever the machine has. */
  readonly keychain?: Keychain
}

/** A world of its own for the command: a folder, streams that remember, signals on demand. */
export interface World extends AsyncDisposable {
  readonly io: Io
  readonly stdout: Capture
  readonly stderr: Capture
  /** Current folder of the command, empty at first. */
  readonly folder: string
  /** Where the command keeps its checkpoints. */
  readonly state: string
  /** Sends the command a signal. */
  signal(name: NodeJS.Signals): void
  /** Runs the command in this process. */
  run(...argv: string[]): Promise<number>
}

/** Makes a world; dispose of it to remove its folder. */
export async function createWorld(options: WorldOptions = {}): Promise<World> {
  const root = await mkdtemp(path.join(tmpdir(), 'patkit-cli-'))
  const folder = path.join(root, 'work')
  const stateHome = path.join(root, 'state')
  await mkdir(folder)
  const stdout = options.stdout ?? new Capture()
  const stderr = options.stderr ?? new Capture()
  const listeners = new Set<(signal: NodeJS.Signals) => void>()
  const io: Io = {
    stdin: options.stdin ?? noInput(),
    stdout,
    stderr,
    env: {
      PATH: process.env['PATH'],
      LANG: 'C.UTF-8',
      XDG_STATE_HOME: stateHome,
      XDG_CONFIG_HOME: path.join(root, 'config'),
      // Never the keychain of whoever runs the tests.
      PATKIT_KEYCHAIN: options.keychain === undefined ? 'off' : undefined,
      ...options.env,
    },
    cwd: folder,
    platform: options.platform ?? process.platform,
    homeDirectory: root,
    userName: 'ada',
    ...(options.clock === undefined ? {} : { clock: options.clock }),
    ...(options.keychain === undefined ? {} : { keychain: options.keychain }),
    onSignal: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
  return {
    io,
    stdout,
    stderr,
    folder,
    state: path.join(stateHome, 'patkit', 'reports'),
    signal: (name) => listeners.forEach((listener) => listener(name)),
    run: (...argv) => main(argv, io),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  }
}

/** A keychain that keeps its secrets where the test can look. */
export class TestKeychain implements Keychain {
  readonly name = 'the test keychain'
  readonly secrets = new Map<string, string>()
  isLocked = false

  read(account: string): Promise<string | undefined> {
    return this.#open(() => this.secrets.get(account))
  }

  write(account: string, secret: string): Promise<void> {
    return this.#open(() => void this.secrets.set(account, secret))
  }

  remove(account: string): Promise<void> {
    return this.#open(() => void this.secrets.delete(account))
  }

  #open<T>(work: () => T): Promise<T> {
    return this.isLocked ? Promise.reject(new Error('It is locked.')) : Promise.resolve(work())
  }
}

/** What a pipeline gives: nothing, and nobody there. */
function noInput(): Keyboard {
  return new Keyboard({ isTTY: false }).end()
}
