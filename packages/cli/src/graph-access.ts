import type { Command } from 'commander'
import { signInError, usageError } from './command-error.js'
import type { CommandContext } from './context.js'
import { Graph, noGraphToken } from './graph.js'
import { GRAPH_APPLICATIONS_SCOPE, isPerson, keptCredential } from './login.js'
import { openLogin, readLogin } from './login-store.js'
import { wholeNumber } from './options.js'
import { runTokenCommand } from './token-command.js'

/** How Graph is reached, as it was typed. */
export interface RawGraphAccess {
  readonly tokenCommand?: string
  readonly emulator?: string
  readonly timeout?: string
  readonly quiet?: true
}

const defaultTimeoutSeconds = '30'
const tokenCommandTimeoutMs = 60_000

/** Adds the options of commands that talk to Microsoft Graph. */
export function addGraphOptions(command: Command): Command {
  return command
    .option('--token-command <command>', 'shell command that prints an access token for Microsoft Graph')
    .option('--timeout <seconds>', 'for each try of a request, its answer included', defaultTimeoutSeconds)
    .option('--quiet', 'say nothing but what somebody has to act on')
    .option('--emulator <url>', 'an emulator on this machine instead of Microsoft Graph')
}

/** Graph, and how people are told where the access token comes from. */
export interface GraphAccess {
  readonly graph: Graph
  readonly words: string
  readonly emulator: string | undefined
}

/**
 * Gets an access token for Graph: from `--token-command`, or from the kept sign-in.
 *
 * `PATKIT_TOKEN_COMMAND` and `PATKIT_ACCESS_TOKEN` are for Azure DevOps, whose tokens Graph does not accept.
 *
 * @throws {@link CommandError} With exit code 2 for what does not fit, 4 when there is no access token.
 */
export async function accessGraph(raw: RawGraphAccess, context: CommandContext): Promise<GraphAccess> {
  const { io, redactor, version } = context
  const tryMs = 1000 * wholeNumber('--timeout', raw.timeout ?? defaultTimeoutSeconds, 1, 3600)
  const asked = raw.emulator === undefined ? undefined : checkEmulator(raw.emulator)
  const { environmentFetch, systemClock } = await import('@patkit/core')
  const clock = io.clock ?? systemClock
  const source =
    raw.tokenCommand === undefined ? await fromLogin(asked, context) : fromCommand(raw.tokenCommand, asked, context)
  // Asked at once, so that a missing token is known before anything is planned.
  let first: string | undefined = await source.token()
  const graph = new Graph({
    origin: source.emulator === undefined ? 'https://graph.microsoft.com' : `${source.emulator}/graph.microsoft.com`,
    token: async () => {
      const ready = first
      first = undefined
      return ready ?? source.token()
    },
    fetch: environmentFetch(),
    clock,
    redactor,
    userAgent: `patkit-cli/${version}`,
    tryMs,
  })
  return { graph, words: source.words, emulator: source.emulator }
}

interface GraphTokens {
  readonly token: () => Promise<string>
  readonly words: string
  readonly emulator: string | undefined
}

function fromCommand(command: string, emulator: string | undefined, context: CommandContext): GraphTokens {
  const { io, redactor, interrupt } = context
  if (command.trim() === '')
    throw usageError('--token-command is empty.', 'Give a command that prints an access token.')
  let known: Promise<string> | undefined
  const ask = async (): Promise<string> => {
    const { systemClock } = await import('@patkit/core')
    const task = { ...io, command, clock: io.clock ?? systemClock, timeoutMs: tokenCommandTimeoutMs, redactor }
    const result = await runTokenCommand({ ...task, signal: interrupt.signal })
    if ('failure' in result) throw signInError(result.failure.message, result.failure.hint)
    return result.token
  }
  // A registration takes seconds; a token lives for an hour.
  return { token: () => (known ??= ask()), words: 'access token by --token-command', emulator }
}

async function fromLogin(asked: string | undefined, context: CommandContext): Promise<GraphTokens> {
  const { io, interrupt } = context
  const record = readLogin(io)
  if (record === undefined) throw noGraphToken(asked)
  if (asked !== undefined && asked !== record.emulator) {
    throw usageError(
      `The kept sign-in is not at the emulator ${asked}.`,
      'Sign in there with patkit login --graph --emulator, or add --token-command.',
    )
  }
  const { systemClock } = await import('@patkit/core')
  const clock = io.clock ?? systemClock
  const credential = await keptCredential(record, await openLogin(record, io, clock), clock)
  const scope = isPerson(record) ? GRAPH_APPLICATIONS_SCOPE : 'https://graph.microsoft.com/.default'
  return {
    emulator: record.emulator,
    words: `access token of ${record.who} by patkit login`,
    token: async () => {
      const token = await credential.getToken(scope, { abortSignal: interrupt.signal })
      if (token === null) throw noGraphToken()
      return token.token
    },
  }
}

/**
 * Checks the address of an emulator: a server of this machine and nothing else.
 *
 * @throws {@link CommandError} With exit code 2.
 */
export function checkEmulator(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isOrigin =
    url !== undefined && /^https?:$/.test(url.protocol) && `${url.pathname}${url.search}${url.hash}` === '/'
  if (isOrigin && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname) && url.username === '') return url.origin
  throw usageError(
    '--emulator: It is not the origin of a server on this machine.',
    'Give scheme, host and port alone, such as http://localhost:8123.',
  )
}
