import type { Command } from 'commander'
import { CommandError } from '../command-error.js'
import { ask, canAsk } from '../confirm.js'
import { connect, type Connection } from '../connection.js'
import { exitCodes, type ExitCode } from '../exit-codes.js'
import { exitCodeOf, isSdkError, tellFailure } from '../failure.js'
import { createListWriter, listFormatOf, type ListShape } from '../listing.js'
import { count, plural } from '../progress.js'
import { nowOf } from '../point-in-time.js'
import { runWork } from '../run.js'
import { styled, type Style } from '../terminal.js'
import { addCommonOptions, checkId, type RawCommon, type Work } from '../own-pats.js'
import type { CommandContext, CommandPart } from '../context.js'

interface RawPatsRevokeOptions extends RawCommon {
  readonly yes?: true
}

/** Adds the arguments and options of `patkit pats revoke`. */
function addPatsRevokeOptions(command: Command): Command {
  return addCommonOptions(
    command
      .argument('<authorization-ids...>', 'the tokens, from pats list')
      .option('--yes', 'revoke without asking; without it, and without a terminal to ask at, nothing is revoked'),
  )
}

interface RevokedLine {
  readonly result: 'revoked' | 'already-revoked' | 'would-be-revoked' | 'failed' | 'not-sent'
  readonly authorizationId: string
  readonly code: string | null
}

const revokedStyles: Readonly<Record<RevokedLine['result'], Style>> = {
  revoked: 'green',
  'already-revoked': 'dim',
  'would-be-revoked': 'yellow',
  failed: 'red',
  'not-sent': 'yellow',
}

const revokedShape: ListShape<RevokedLine> = {
  columns: [
    {
      header: 'Result',
      value: (line) => line.result.replaceAll('-', ' '),
      style: (line) => revokedStyles[line.result],
    },
    { header: 'Authorization ID', value: (line) => line.authorizationId },
  ],
  csv: [
    ['Result', (line) => line.result],
    ['Authorization ID', (line) => line.authorizationId],
    ['Code', (line) => line.code],
  ],
  toRecord: (line) => line,
}

/** Runs `patkit pats revoke`. */
function runPatsRevoke(command: Command, context: CommandContext): Promise<ExitCode> {
  const raw = command.opts<RawPatsRevokeOptions>()
  return runWork(raw, context, async (talk) => {
    const { io, interrupt } = context
    const format = listFormatOf(raw, io.stdout)
    const ids = [...new Set(command.args.map(checkId))]
    const connection = await connect(raw, context)
    const writer = createListWriter(format, revokedShape, io)
    const tokens = plural(ids.length, 'token')
    if (raw.yes !== true && !canAsk(io)) {
      for (const authorizationId of ids) await writer.write({ result: 'would-be-revoked', authorizationId, code: null })
      await writer.end()
      talk.notice(styled('bold', 'Dry run: '), `nothing was revoked. Add --yes to revoke ${tokens} for good.`)
      return exitCodes.complete
    }
    if (raw.yes !== true) {
      const answer = await ask(`Revoke ${tokens} for good? (y/N)`, io, interrupt.signal)
      if (!/^y(?:es)?$/i.test(answer)) throw new CommandError('Nothing was revoked.', { exitCode: exitCodes.failure })
    }
    return revokeOwn(ids, writer, { connection, format, now: nowOf(context.io), talk, context })
  })
}

async function revokeOwn(
  ids: readonly string[],
  writer: { write(line: RevokedLine): Promise<void>; end(): Promise<void> },
  { connection, context, talk }: Work,
): Promise<ExitCode> {
  const { io, redactor, interrupt } = context
  let failure: unknown
  let done = 0
  let before = 0
  let stopped = false
  for (const authorizationId of ids) {
    if (stopped) {
      await writer.write({ result: 'not-sent', authorizationId, code: null })
      continue
    }
    try {
      const result = await revokeOne(authorizationId, connection, interrupt.signal)
      done++
      if (result === 'already-revoked') before++
      await writer.write({ result, authorizationId, code: null })
    } catch (error) {
      if (!isSdkError(error)) throw error
      failure ??= error
      stopped = exitCodeOf(error) === exitCodes.signInNeeded || error.code === 'PATKIT_PERMISSION'
      await writer.write({ result: 'failed', authorizationId, code: error.code })
      tellFailure(error, { talk, env: io.env, redactor })
    }
  }
  await writer.end()
  if (failure === undefined) {
    const already = before === 0 ? '' : `, ${count(before)} before`
    talk.note(styled('green', 'Revoked '), `${plural(done - before, 'token')}${already}.`)
    return exitCodes.complete
  }
  talk.notice(`${count(done)} of ${plural(ids.length, 'token')} revoked. Running the same command again does no harm.`)
  return done > 0 ? exitCodes.incomplete : exitCodeOf(failure)
}

/** A token that is not found may have been revoked before: then it is among the revoked ones. */
export async function revokeOne(
  authorizationId: string,
  { client }: Connection,
  signal: AbortSignal,
): Promise<'revoked' | 'already-revoked'> {
  try {
    const { alreadyRevoked } = await client.pats.revoke(authorizationId, { signal })
    return alreadyRevoked ? 'already-revoked' : 'revoked'
  } catch (error) {
    if (!isGone(error)) throw error
    for await (const pat of client.pats.list({ displayFilter: 'revoked', signal })) {
      if (pat.authorizationId.toLowerCase() === authorizationId) return 'already-revoked'
    }
    throw error
  }
}

function isGone(error: unknown): boolean {
  if (!isSdkError(error)) return false
  return (
    error.code === 'PATKIT_NOT_FOUND' ||
    (error.code === 'PATKIT_PAT_REFUSED' && error.patTokenError === 'tokenNotFound')
  )
}

const patsRevokeHelp = `
Example:
  $ patkit pats revoke --org fabrikam 0c7f6b7e-0e5b-4b65-8f5c-6a0f3a1c9d22 --yes

Exit codes: 0 all are revoked, 5 some are, 1 none is. Tokens that were revoked before count as revoked.

Needs an access token of Entra ID of a person, with vso.pats and vso.pats_manage: neither a personal access token nor an application can do this.
`

/** `patkit pats revoke`. */
export const patsRevokeCommand: CommandPart = {
  addOptions: addPatsRevokeOptions,
  help: patsRevokeHelp,
  run: runPatsRevoke,
}
