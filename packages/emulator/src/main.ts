import { parseArgs } from 'node:util'
import { type Emulator, type EmulatorOptions, startEmulator } from './emulator.js'
import type { HttpsAddress } from './identity/https.js'
import { sampleIds } from './identity/sample-directory.js'

/** What the command needs of the process around it. */
export interface Terminal {
  write(text: string): void
  writeError(text: string): void
  /** Resolves when the user wants the emulator to end. */
  untilStopped(): Promise<void>
}

const help = `patkit-emulator: a local stand-in for Azure DevOps' identity host, Entra ID, Azure AD B2C and External ID.

Usage: patkit-emulator [options]

  --users N            identities in the organization (60)
  --org NAME           name of the organization (fabrikam)
  --seed N             the same seed makes the same organization (1)
  --port N             port on 127.0.0.1; 0 takes any free one (0)
  --latency MS         milliseconds added to each answer (0)
  --page-size N        identities in a page of users (500)
  --rate-limit N/s     lets each identity send N requests a second for ever, after a burst
                       of 300 times as many; then answers are held back, then refused
  --rate-limit-used P  percent of the limit that is used up at the start (0)
  --https              also speaks https, with a certificate authority made for this run,
                       so that other programs can use it unchanged
  --plain-names        leaves out the names that break naive code
  --help               shows this

It runs until Ctrl-C. No data leaves this machine and no Azure account is needed.

Examples:
  patkit-emulator --users 1000
  patkit-emulator --users 10000 --latency 50 --port 8080
  patkit-emulator --users 2000 --rate-limit 50/s --rate-limit-used 95
`

const flags = {
  users: { type: 'string' },
  org: { type: 'string' },
  seed: { type: 'string' },
  port: { type: 'string' },
  latency: { type: 'string' },
  'page-size': { type: 'string' },
  'rate-limit': { type: 'string' },
  'rate-limit-used': { type: 'string' },
  https: { type: 'boolean' },
  'plain-names': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

type Values = ReturnType<typeof parse>

/** What the user typed is wrong; the message is one sentence. */
class UsageError extends Error {}

/**
 * Runs the command until the user ends it.
 *
 * @returns the exit code: 0 after a good end, 1 when the emulator could not start, 2 for what it does not understand.
 */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const values = parse(args)
    if (values.help === true) {
      terminal.write(help)
      return 0
    }
    await run(optionsOf(values), terminal)
    return 0
  } catch (error) {
    terminal.writeError(`patkit-emulator: ${sentence(error)}\n`)
    return isUsage(error) ? 2 : 1
  }
}

async function run(options: EmulatorOptions, terminal: Terminal): Promise<void> {
  // Asked for first: a signal that comes while the emulator starts must not be lost.
  const stopped = terminal.untilStopped()
  await using emulator = await startEmulator(options)
  terminal.write(greeting(emulator))
  await stopped
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: flags, strict: true }).values
  } catch (error) {
    const [first = 'the options cannot be read'] = (error as Error).message.split(/\.\s|\n/)
    const [, option] = /^Option '(?:-\w, )?(--[\w-]+).*argument (?:missing|is ambiguous)/.exec(first) ?? []
    if (option !== undefined) throw new UsageError(`${option} needs a value; see --help`)
    throw new UsageError(`${first.charAt(0).toLowerCase()}${first.slice(1)}; see --help`)
  }
}

function optionsOf(values: Values): EmulatorOptions {
  const whole = (
    name: 'users' | 'seed' | 'port' | 'latency' | 'page-size',
    key: keyof EmulatorOptions,
  ): EmulatorOptions => {
    const text = values[name]
    if (text === undefined) return {}
    if (!/^-?\d{1,15}$/.test(text))
      throw new UsageError(`--${name} must be a whole number, not ${JSON.stringify(text)}`)
    return { [key]: Number(text) }
  }
  return {
    ...whole('users', 'users'),
    ...whole('seed', 'seed'),
    ...whole('port', 'port'),
    ...whole('latency', 'latencyMs'),
    ...whole('page-size', 'pageSize'),
    ...(values.org === undefined ? {} : { organization: values.org }),
    ...(values.https === true ? { https: {} } : {}),
    ...(values['plain-names'] === true ? { awkwardNames: 'leave-out' } : {}),
    ...rateLimitOf(values),
    // A command may run for days; the journal is there to look at what came last.
    journalSize: 1_000,
  }
}

const limitTstu = 200

function rateLimitOf(values: Values): EmulatorOptions {
  const [rate, used = '0'] = [values['rate-limit'], values['rate-limit-used']]
  if (rate === undefined) {
    if (values['rate-limit-used'] === undefined) return {}
    throw new UsageError('--rate-limit-used needs --rate-limit N/s beside it')
  }
  const requestsPerSecond = Number(/^(\d+(?:\.\d+)?)\/s$/.exec(rate)?.[1])
  if (!(requestsPerSecond > 0)) throw new UsageError(`--rate-limit must look like 50/s, not ${JSON.stringify(rate)}`)
  const percent = /^\d+(?:\.\d+)?$/.test(used) ? Number(used) : NaN
  if (!(percent <= 100))
    throw new UsageError(`--rate-limit-used must be a percentage from 0 to 100, not ${JSON.stringify(used)}`)
  return { rateLimit: { limitTstu, requestsPerSecond, usedTstu: (limitTstu * percent) / 100 } }
}

function greeting(emulator: Emulator): string {
  const { url, organization, https } = emulator
  const settings = `PATKIT_BASE_URL=${url} PATKIT_ORG=${organization} PATKIT_ACCESS_TOKEN=${emulator.tokenFor()}`
  const signIn = url.replace('127.0.0.1', 'localhost')
  return `Azure DevOps emulator: ${url}/${organization} (${emulator.data.size} identities). Ctrl-C ends it.
Sign-in services: ${signIn}/login.microsoftonline.com/… and the others, host first.

For a command, put this before it; for a shell, put "export" before this:
${settings}

For example:
${settings} npx patkit report --out pats.xlsx

To sign in as somebody instead:
npx patkit login --browser --emulator ${signIn} --client-id ${sampleIds.publicClient}
${https === undefined ? '' : httpsGreeting(https)}`
}

function httpsGreeting({ url, caFile, proxyUrl }: HttpsAddress): string {
  return `
Over https: ${url}, certified by ${caFile}.
For a program that knows only the real addresses, put this before it:
HTTPS_PROXY=${proxyUrl} REQUESTS_CA_BUNDLE=${caFile} SSL_CERT_FILE=${caFile} NODE_EXTRA_CA_CERTS=${caFile}
`
}

const isUsage = (error: unknown): boolean =>
  error instanceof UsageError || error instanceof RangeError || error instanceof TypeError

/** One sentence without a stack. */
function sentence(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code, port } = error as NodeJS.ErrnoException & { port?: number }
  if (code === 'EADDRINUSE') return `port ${port ?? ''} is taken; choose another with --port, or 0 for any free one`
  if (code === 'EACCES') return `port ${port ?? ''} may not be used; choose one above 1023 with --port`
  return error.message
}
