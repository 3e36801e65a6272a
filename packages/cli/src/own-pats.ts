import type { CreatePat, PersonalToken } from '@patkit/core'
import type { TokenRow } from '@patkit/report'
import type { Command } from 'commander'
import { usageError } from './command-error.js'
import { addConnectionOptions, connect, type Connection, type RawConnection } from './connection.js'
import type { ExitCode } from './exit-codes.js'
import { addListOptions, listFormatOf, type ListFormat, type RawListOptions } from './listing.js'
import { nowOf, pointInTime } from './point-in-time.js'
import { guidPattern } from './report-file.js'
import { runWork } from './run.js'
import type { Talk } from './talk.js'
import { styled } from './terminal.js'
import { ownTokenRow } from './token-shape.js'
import type { CommandContext } from './context.js'

/** What every command about one's own tokens works with. */
export interface Work {
  readonly connection: Connection
  readonly format: ListFormat
  readonly now: Date
  readonly talk: Talk
  readonly context: CommandContext
}

/** Options of every command about one's own tokens, as they were typed. */
export type RawCommon = RawConnection & RawListOptions

/** Adds {@link RawCommon}. */
export function addCommonOptions(command: Command): Command {
  return addConnectionOptions(addListOptions(command))
}

/** Judges a token that was read by itself; whether it was revoked the service tells in lists only. */
export async function rowOf(pat: PersonalToken, now: Date, isRevoked = false): Promise<TokenRow> {
  const { toRow } = await import('@patkit/report')
  return ownTokenRow(pat, isRevoked, { now, expiringWithinDays: 30, toRow })
}

/** For commands about one token, whose id is the first argument. */
export function withOne(
  command: Command,
  context: CommandContext,
  act: (id: string, work: Work) => Promise<ExitCode>,
): Promise<ExitCode> {
  const raw = command.opts<RawCommon>()
  return runWork(raw, context, async (talk) => {
    const format = listFormatOf(raw, context.io.stdout)
    const id = checkId(command.args[0] ?? '')
    const connection = await connect(raw, context)
    return act(id, { connection, format, now: nowOf(context.io), talk, context })
  })
}

/** Refuses what is no authorization id. */
export function checkId(text: string): string {
  if (guidPattern.test(text)) return text.toLowerCase()
  throw usageError(
    `${JSON.stringify(text.slice(0, 80))} is no authorization ID.`,
    'patkit pats list shows them; they look like 0c7f6b7e-0e5b-4b65-8f5c-6a0f3a1c9d22.',
  )
}

/** What a token is to be, as it was typed. */
export interface RawPatChange {
  readonly name?: string
  readonly scope?: readonly string[]
  readonly expires?: string
  readonly allOrganizations?: true
}

const fullAccess = 'app_token'

/** The name of a token, if one was given. */
export function readName(name: string | undefined): string | undefined {
  if (name?.trim() === '') throw usageError('--name is empty.', 'Give the token a name that says what it is for.')
  return name
}

/** The scopes of a token, if any were given; each may itself be a list. */
export function readScopes(given: readonly string[] | undefined): readonly string[] | undefined {
  if (given === undefined) return undefined
  const scopes = [...new Set(given.flatMap((text) => text.split(/[\s,]+/)).filter((scope) => scope !== ''))]
  if (scopes.length === 0) throw usageError('--scope is empty.', 'Give a scope such as vso.code.')
  return scopes
}

/** The end of a token, which must lie ahead. */
export function readEnd(text: string, now: Date): Date {
  const end = pointInTime(text, '--expires', { now, direction: 'ahead' })
  if (end.getTime() > now.getTime()) return end
  throw usageError(`--expires ${JSON.stringify(text)} is past.`, 'Choose a time in the future, at most a year ahead.')
}

/** What is dangerous about a token is said before it is made. */
export function warnOf({ scope, organizations }: Partial<CreatePat>, talk: Talk): void {
  if (organizations === 'all-organizations-i-can-reach') {
    talk.notice(
      styled('yellow', 'Warning: '),
      'a token for all organizations opens every one of them when it leaks. Azure DevOps makes none since 2026-03-15, and those that exist stop working on 2026-12-01.',
    )
  }
  if (scope?.includes(fullAccess) === true) {
    talk.notice(styled('yellow', 'Warning: '), `${fullAccess} may do everything you may; single scopes are safer.`)
  }
}
