import type { UpdatePat } from '@patkit/core'
import type { Command } from 'commander'
import { usageError } from '../command-error.js'
import { connect } from '../connection.js'
import { exitCodes, type ExitCode } from '../exit-codes.js'
import { createListWriter, listFormatOf, printOne } from '../listing.js'
import { collect, oneOf } from '../options.js'
import { plural } from '../progress.js'
import { nowOf } from '../point-in-time.js'
import { runWork } from '../run.js'
import { styled } from '../terminal.js'
import { meetsConditions, readTokenFilter, type RawTokenFilter } from '../token-filter.js'
import { oneTokenShape, ownTokenShape } from '../token-shape.js'
import {
  addCommonOptions,
  checkId,
  readEnd,
  readName,
  readScopes,
  rowOf,
  warnOf,
  withOne,
  type RawCommon,
  type RawPatChange,
} from '../own-pats.js'
import type { CommandContext, CommandPart } from '../context.js'

const listStatuses = ['active', 'expired', 'revoked', 'all'] as const

interface RawPatsListOptions extends RawCommon, RawTokenFilter {
  readonly status?: string
  readonly name?: string
}

/** Adds the options of `patkit pats list`. */
function addPatsListOptions(command: Command): Command {
  return addCommonOptions(
    command
      .option(
        '--status <status>',
        `which tokens: ${listStatuses.join(', ')}; active is every one that still works`,
        'active',
      )
      .option('--name <text>', 'tokens whose name contains this')
      .option('--expiring <days>', 'tokens that end within this time: 14d, 2w')
      .option('--full-scope', 'tokens with full access')
      .option('--all-orgs', 'tokens that are valid for all organizations')
      .option('--scope <scope>', 'tokens with this scope; may be repeated, any of them will do', collect)
      .option('--created-before <time>', 'tokens made before 2026-01-31, or longer ago than 90d'),
  )
}

/** Runs `patkit pats list`. */
function runPatsList(command: Command, context: CommandContext): Promise<ExitCode> {
  const raw = command.opts<RawPatsListOptions>()
  return runWork(raw, context, async (talk) => {
    const { io, interrupt } = context
    const format = listFormatOf(raw, io.stdout)
    const status = oneOf('--status', raw.status ?? 'active', listStatuses)
    const now = nowOf(context.io)
    const filter = readTokenFilter(raw, now)
    const { client } = await connect(raw, context)
    const report = await import('@patkit/report')
    const writer = createListWriter(format, ownTokenShape, io)
    let tokens = 0
    // The service does not say of a token that it was revoked; only which list it is in tells.
    for (const displayFilter of status === 'all' ? (['active', 'expired', 'revoked'] as const) : [status]) {
      for await (const pat of client.pats.list({ displayFilter, signal: interrupt.signal })) {
        const row = await rowOf(pat, now, displayFilter === 'revoked')
        if (raw.name !== undefined && row.token?.toLowerCase().includes(raw.name.toLowerCase()) !== true) continue
        if (filter !== undefined && !meetsConditions(row, filter, now, report)) continue
        tokens++
        await writer.write(row)
      }
    }
    await writer.end()
    talk.note(`${plural(tokens, 'token')}.`)
    return exitCodes.complete
  })
}

/** Adds the argument and options of `patkit pats get`. */
function addPatsGetOptions(command: Command): Command {
  return addCommonOptions(command.argument('<authorization-id>', 'the token, from pats list'))
}

/** Runs `patkit pats get`. */
function runPatsGet(command: Command, context: CommandContext): Promise<ExitCode> {
  return withOne(command, context, async (id, { connection, format, now }) => {
    const pat = await connection.client.pats.get(id, { signal: context.interrupt.signal })
    await printOne(await rowOf(pat, now), format, oneTokenShape, context.io)
    return exitCodes.complete
  })
}

interface RawUpdateOptions extends RawCommon, RawPatChange {
  readonly thisOrganization?: true
}

/** Adds the argument and options of `patkit pats update`. */
function addPatsUpdateOptions(command: Command): Command {
  command
    .argument('<authorization-id>', 'the token, from pats list')
    .option('--name <name>', 'a new name')
    .option('--scope <scope>', 'what it may do from now on, instead of what it may do now; may be repeated', collect)
    .option('--expires <time>', 'a new end: 30d from now, 2026-12-31 (its beginning, UTC)')
    .option('--this-organization', 'valid in this organization only')
    .option('--all-organizations', 'valid in every organization you can reach; refused by the service since 2026-03-15')
  return addCommonOptions(command)
}

/** Runs `patkit pats update`. */
function runPatsUpdate(command: Command, context: CommandContext): Promise<ExitCode> {
  const raw = command.opts<RawUpdateOptions>()
  return runWork(raw, context, async (talk) => {
    const { io, interrupt } = context
    const format = listFormatOf(raw, io.stdout)
    const now = nowOf(context.io)
    const change = readChange(checkId(command.args[0] ?? ''), raw, now)
    const { client } = await connect(raw, context)
    warnOf(change, talk)
    const pat = await client.pats.update(change, { signal: interrupt.signal })
    await printOne(await rowOf(pat, now), format, oneTokenShape, io)
    talk.note(styled('green', 'Changed. '), 'The secret stays the same.')
    return exitCodes.complete
  })
}

function readChange(authorizationId: string, raw: RawUpdateOptions, now: Date): UpdatePat {
  if (raw.allOrganizations === true && raw.thisOrganization === true) {
    throw usageError('--all-organizations and --this-organization contradict each other.', 'Leave one of them out.')
  }
  const displayName = readName(raw.name)
  const scope = readScopes(raw.scope)
  const changes: Omit<UpdatePat, 'authorizationId'> = {
    ...(displayName === undefined ? {} : { displayName }),
    ...(scope === undefined ? {} : { scope }),
    ...(raw.expires === undefined ? {} : { validTo: readEnd(raw.expires, now) }),
    ...(raw.thisOrganization === true ? { organizations: 'this-organization' } : {}),
    ...(raw.allOrganizations === true ? { organizations: 'all-organizations-i-can-reach' } : {}),
  }
  if (Object.keys(changes).length > 0) return { authorizationId, ...changes }
  throw usageError(
    'It is not said what to change.',
    'Give --name, --scope, --expires, --this-organization or --all-organizations.',
  )
}

const patsListHelp = `
Examples:
  $ patkit pats list --org fabrikam
  What ends within two weeks:
  $ patkit pats list --org fabrikam --expiring 14d

Output: a table on a terminal, one JSON object per line elsewhere; -o csv and --json as well. What is said about it is on standard error.

Needs an access token of Entra ID of a person, with vso.pats: neither a personal access token nor an application can do this.
`

/** `patkit pats list`. */
export const patsListCommand: CommandPart = { addOptions: addPatsListOptions, help: patsListHelp, run: runPatsList }

const patsGetHelp = `
Example:
  $ patkit pats get --org fabrikam 0c7f6b7e-0e5b-4b65-8f5c-6a0f3a1c9d22

Needs an access token of Entra ID of a person, with vso.pats: neither a personal access token nor an application can do this.
`

/** `patkit pats get`. */
export const patsGetCommand: CommandPart = { addOptions: addPatsGetOptions, help: patsGetHelp, run: runPatsGet }

const patsUpdateHelp = `
Examples:
  $ patkit pats update --org fabrikam 0c7f6b7e-0e5b-4b65-8f5c-6a0f3a1c9d22 --expires 90d
  $ patkit pats update --org fabrikam 0c7f6b7e-0e5b-4b65-8f5c-6a0f3a1c9d22 --scope vso.code --scope vso.build

Needs an access token of Entra ID of a person, with vso.pats and vso.pats_manage: neither a personal access token nor an application can do this.
`

/** `patkit pats update`. */
export const patsUpdateCommand: CommandPart = {
  addOptions: addPatsUpdateOptions,
  help: patsUpdateHelp,
  run: runPatsUpdate,
}
