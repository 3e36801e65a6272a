import type { GraphUser } from '@patkit/core'
import type { Command } from 'commander'
import { CommandError, usageError } from '../command-error.js'
import { addConnectionOptions, connect, type Connection, type RawConnection } from '../connection.js'
import { daysOf } from '../duration.js'
import { exitCodes, type ExitCode } from '../exit-codes.js'
import { addListOptions, createListWriter, listFormatOf, type RawListOptions } from '../listing.js'
import { oneOf } from '../options.js'
import { plural } from '../progress.js'
import { runWork } from '../run.js'
import { tokenShape } from '../token-shape.js'
import type { CommandContext, CommandPart } from '../context.js'

interface RawTokensOptions extends RawConnection, RawListOptions {
  readonly user?: string
  readonly status?: string
  readonly expiringWithin?: string
}

const statuses = ['all', 'active', 'expiring', 'expired', 'revoked'] as const

/** Adds the options of `patkit tokens list`. */
function addTokensListOptions(command: Command): Command {
  command
    .option('--user <user>', 'whose tokens: a mail address, a sign-in name, or a descriptor (from users list)')
    .option('--status <status>', `which tokens: ${statuses.join(', ')}; active is every token that still works`, 'all')
    .option('--expiring-within <days>', 'a token that ends within this time is expiring: 30d, 2w', '30d')
  return addConnectionOptions(addListOptions(command))
}

/** Runs `patkit tokens list`: the tokens of one person, for an administrator. */
function runTokensList(command: Command, context: CommandContext): Promise<ExitCode> {
  const raw = command.opts<RawTokensOptions>()
  return runWork(raw, context, async (talk) => {
    const { io, interrupt } = context
    const format = listFormatOf(raw, io.stdout)
    const status = oneOf('--status', raw.status ?? 'all', statuses)
    const expiringWithinDays = daysOf(raw.expiringWithin ?? '30d', '--expiring-within')
    const wanted = checkUser(raw.user)
    const connection = await connect(raw, context)
    const user = await findUser(wanted, connection, interrupt.signal)
    const report = await import('@patkit/report')
    const now = new Date(connection.clock.now())
    const writer = createListWriter(format, tokenShape, io)
    let tokens = 0
    for await (const token of connection.client.tokenAdmin.list(user.descriptor, { signal: interrupt.signal })) {
      const row = report.toRow(user, token, { now, expiringWithinDays })
      const isShown =
        status === 'all' || row.status === status || (status === 'active' && report.stillWorks(row.status))
      if (!isShown) continue
      tokens++
      await writer.write(row)
    }
    await writer.end()
    talk.note(`${plural(tokens, 'token')} of ${nameOf(user)}.`)
    return exitCodes.complete
  })
}

function checkUser(user: string | undefined): string {
  const text = user?.trim() ?? ''
  if (text !== '') return text
  throw usageError(
    'It is not said whose tokens to list.',
    'Give --user with a mail address, a sign-in name or a descriptor. Your own are listed by patkit pats list.',
  )
}

/** A descriptor has a point after its kind and never an at sign; anything else is looked for among the users. */
const descriptor = /^[a-z]+\.[^\s@]+$/i

async function findUser(wanted: string, { client }: Connection, signal: AbortSignal): Promise<GraphUser> {
  if (descriptor.test(wanted)) return client.users.get(wanted, { signal })
  const name = wanted.toLowerCase()
  const found: GraphUser[] = []
  // To the end: a second user of the same address must not stay unseen.
  for await (const user of client.users.list({ signal })) {
    const names = [user.mailAddress, user.principalName, user.displayName]
    if (names.some((known) => known?.toLowerCase() === name)) found.push(user)
  }
  const [user, another] = found
  if (user === undefined) {
    throw new CommandError(`There is no user ${JSON.stringify(wanted)} in ${client.organization}.`, {
      exitCode: exitCodes.failure,
      hint: 'Look them up with patkit users list.',
    })
  }
  if (another === undefined) return user
  throw new CommandError(
    `${plural(found.length, 'user')} of ${client.organization} are called ${JSON.stringify(wanted)}.`,
    {
      exitCode: exitCodes.failure,
      hint: `Give one of the descriptors ${found.map((each) => each.descriptor).join(', ')}.`,
    },
  )
}

function nameOf({ displayName, principalName, descriptor: id }: GraphUser): string {
  return displayName ?? principalName ?? id
}

const tokensListHelp = `
Examples:
  $ patkit tokens list --org fabrikam --user ada@fabrikam.example
  $ patkit tokens list --org fabrikam --user ada@fabrikam.example --status active -o ndjson > ada.ndjson
  $ patkit revoke --org fabrikam --from-file ada.ndjson

Output: a table on a terminal, one JSON object per line elsewhere; -o csv and --json as well. What is said about it is on standard error.

Needs a member of Project Collection Administrators. Everybody's tokens at once are what patkit report is for.
`

/** `patkit tokens list`. */
export const tokensListCommand: CommandPart = {
  addOptions: addTokensListOptions,
  help: tokensListHelp,
  run: runTokensList,
}
