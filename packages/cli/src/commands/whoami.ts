import type { AccessToken } from '@patkit/core'
import type { Command } from 'commander'
import { accountIn, addConnectionOptions, claimsIn, type RawConnection } from '../connection.js'
import { createCredential, findTokenSource, type TokenSource } from '../credential.js'
import { exitCodes, type ExitCode } from '../exit-codes.js'
import { isSdkError } from '../failure.js'
import { addListOptions, listFormatOf, printOne, type RawListOptions } from '../listing.js'
import { loginShape, type LoginLine } from '../login-shape.js'
import { cacheFolder, readLogin, type LoginRecord } from '../login-store.js'
import { runWork } from '../run.js'
import type { Talk } from '../talk.js'
import { styled } from '../terminal.js'
import type { CommandContext, CommandPart } from '../context.js'

interface RawWhoamiOptions extends RawListOptions, Pick<RawConnection, 'tokenCommand' | 'quiet'> {}

function addWhoamiOptions(command: Command): Command {
  return addConnectionOptions(addListOptions(addConnectionOptions(command, ['tokenCommand'])), ['quiet'])
}

function runWhoami(command: Command, context: CommandContext): Promise<ExitCode> {
  const raw = command.opts<RawWhoamiOptions>()
  return runWork(raw, context, async (talk) => {
    const { io } = context
    const format = listFormatOf(raw, io.stdout)
    const source = findTokenSource(raw.tokenCommand, io.env, () => readLogin(io))
    await printOne(await lineOf(source, talk, context), format, loginShape, io)
    if (source.kind !== 'login') tellUnused(source, talk, context)
    return exitCodes.complete
  })
}

async function lineOf(source: TokenSource, talk: Talk, context: CommandContext): Promise<LoginLine> {
  const { io, redactor, interrupt } = context
  if (source.kind === 'pat') {
    talk.notice(styled('yellow', 'Note: '), 'a personal access token does not say whose it is.')
    return { who: null, accessTokenUntil: null, cache: null, source: source.from }
  }
  const { AZURE_DEVOPS_SCOPE, systemClock } = await import('@patkit/core')
  const surroundings = { ...io, clock: io.clock ?? systemClock, redactor, signal: interrupt.signal }
  if (source.kind === 'login') {
    const line = { ...source.login, source: source.from, cache: cacheFolder(source.login, io) }
    try {
      const credential = await createCredential(source, surroundings)
      const token = 'getToken' in credential ? await credential.getToken(AZURE_DEVOPS_SCOPE) : null
      return { ...line, accessTokenUntil: endOf(token) }
    } catch (error) {
      if (!isPassing(error)) throw error
      // Who it is needs no network.
      talk.notice(styled('yellow', 'Note: '), `the sign-in could not be tried: ${error.message}`)
      return { ...line, accessTokenUntil: null }
    }
  }
  const credential = await createCredential(source, surroundings)
  if (typeof credential !== 'function') throw new TypeError(`no token function for ${source.kind}`)
  const token = await credential({ forceRefresh: false, claims: undefined, signal: interrupt.signal })
  return describeToken(typeof token === 'string' ? token : token.token, source.from)
}

function isPassing(error: unknown): error is Error {
  return isSdkError(error) && ['PATKIT_NETWORK', 'PATKIT_TIMEOUT', 'PATKIT_THROTTLED'].includes(error.code)
}

function endOf(token: AccessToken | null): string | null {
  return token === null ? null : new Date(token.expiresOnTimestamp).toISOString()
}

function describeToken(token: string, source: string): LoginLine {
  const claims = claimsIn(token)
  const textOf = (name: string): string | null => {
    const value = claims.get(name)
    return typeof value === 'string' ? value : null
  }
  const end = claims.get('exp')
  return {
    who: accountIn(token),
    name: textOf('name'),
    tenantId: textOf('tid'),
    clientId: textOf('appid') ?? textOf('azp'),
    accessTokenUntil: typeof end === 'number' ? new Date(end * 1000).toISOString() : null,
    source,
    cache: null,
  }
}

/** Never silently: whoever signed in should know that another credential goes first. */
function tellUnused(source: TokenSource, talk: Talk, { io }: CommandContext): void {
  let login: LoginRecord | undefined
  try {
    login = readLogin(io)
  } catch {
    return
  }
  if (login === undefined) return
  talk.notice(styled('yellow', 'Note: '), `the sign-in of ${login.who} is not used: ${source.from} goes first.`)
}

const whoamiHelp = `
Examples:
  $ patkit whoami
  $ patkit whoami --json | jq -r .tenantId

Tells whom the access token stands for that commands use, in which tenant, until when it is good (it is renewed by itself), and where
the tokens are kept. Exit code 4: nobody is signed in, or the sign-in has ended.
`

/** `patkit whoami`. */
export const whoamiCommand: CommandPart = { addOptions: addWhoamiOptions, help: whoamiHelp, run: runWhoami }
