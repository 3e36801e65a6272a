import type { GraphUser } from '@patkit/core'
import type { Command } from 'commander'
import { usageError } from '../command-error.js'
import { addConnectionOptions, connect, type RawConnection } from '../connection.js'
import { exitCodes, type ExitCode } from '../exit-codes.js'
import { addListOptions, createListWriter, listFormatOf, type ListShape, type RawListOptions } from '../listing.js'
import { plural } from '../progress.js'
import { runWork } from '../run.js'
import { didYouMean } from '../suggest.js'
import type { CommandContext, CommandPart } from '../context.js'

interface RawUsersOptions extends RawConnection, RawListOptions {
  readonly subjectTypes?: string
}

/** Adds the options of `patkit users list`. */
function addUsersListOptions(command: Command): Command {
  return addConnectionOptions(
    addListOptions(
      command.option('--subject-types <list>', 'only these kinds: aad and msa are people, svc and imp are services'),
    ),
  )
}

const subjectTypes = ['aad', 'msa', 'svc', 'imp'] as const

const userShape: ListShape<GraphUser> = {
  columns: [
    { header: 'Name', value: (user) => user.displayName, mayShrink: true },
    { header: 'Sign-in name', value: (user) => user.principalName, mayShrink: true },
    {
      header: 'Type',
      value: (user) => `${user.metaType ?? user.subjectKind ?? ''}${user.isDeletedInOrigin ? ', deleted' : ''}`,
      style: (user) => (user.isDeletedInOrigin ? 'yellow' : undefined),
    },
    { header: 'Descriptor', value: (user) => user.descriptor, expendable: 1 },
  ],
  csv: [
    ['Name', (user) => user.displayName],
    ['Mail', (user) => user.mailAddress],
    ['Sign-in name', (user) => user.principalName],
    ['Type', (user) => user.metaType ?? user.subjectKind],
    ['Origin', (user) => user.origin],
    ['Deleted', (user) => user.isDeletedInOrigin],
    ['Descriptor', (user) => user.descriptor],
  ],
  toRecord: (user) => user,
}

/** Runs `patkit users list`. */
function runUsersList(command: Command, context: CommandContext): Promise<ExitCode> {
  const raw = command.opts<RawUsersOptions>()
  return runWork(raw, context, async (talk) => {
    const { io, interrupt } = context
    const format = listFormatOf(raw, io.stdout)
    const types = readSubjectTypes(raw.subjectTypes)
    const { client } = await connect(raw, context)
    const writer = createListWriter(format, userShape, io)
    let users = 0
    const filter = types === undefined ? {} : { subjectTypes: types }
    for await (const user of client.users.list({ ...filter, signal: interrupt.signal })) {
      users++
      await writer.write(user)
    }
    await writer.end()
    talk.note(`${plural(users, 'user')}.`)
    return exitCodes.complete
  })
}

function readSubjectTypes(text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined
  const types = text.split(/[\s,]+/).filter((type) => type !== '')
  if (types.length === 0)
    throw usageError('--subject-types is empty.', `Give one or more of ${subjectTypes.join(', ')}.`)
  // A misspelled one would give an empty list, which looks like an organization without people.
  const wrong = types.find((type) => !subjectTypes.some((known) => known === type))
  if (wrong === undefined) return types
  throw usageError(
    `--subject-types does not know ${JSON.stringify(wrong)}.`,
    didYouMean(wrong, subjectTypes) ?? `Give one or more of ${subjectTypes.join(', ')}.`,
  )
}

const usersListHelp = `
Examples:
  $ patkit users list --org fabrikam
  Mail addresses of people, without service identities:
  $ patkit users list --org fabrikam --subject-types aad,msa -o ndjson | jq -r .mailAddress

Output: a table on a terminal, one JSON object per line elsewhere; -o csv and --json as well. What is said about it is on standard error.
`

/** `patkit users list`. */
export const usersListCommand: CommandPart = { addOptions: addUsersListOptions, help: usersListHelp, run: runUsersList }
