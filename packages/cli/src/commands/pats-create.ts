import type { CreatedPat, CreatePat } from '@patkit/core'
import type { Command } from 'commander'
import { CommandError, usageError } from '../command-error.js'
import { connect, type Connection } from '../connection.js'
import { exitCodes, type ExitCode } from '../exit-codes.js'
import { isSdkError, tellFailure } from '../failure.js'
import { programWords } from '../io.js'
import { createListWriter, listFormatOf, printOne } from '../listing.js'
import { collect, shellQuote } from '../options.js'
import { nowOf, pointInTime, spokenTime } from '../point-in-time.js'
import { plural } from '../progress.js'
import { runWork } from '../run.js'
import { addSecretOptions, prepareSecretPlace, type RawSecretOptions, type SecretPlace } from '../secret-delivery.js'
import { styled } from '../terminal.js'
import { oneTokenShape, ownTokenShape } from '../token-shape.js'
import {
  addCommonOptions,
  readEnd,
  readName,
  readScopes,
  rowOf,
  warnOf,
  withOne,
  type RawCommon,
  type RawPatChange,
  type Work,
} from '../own-pats.js'
import { revokeOne } from './pats-revoke.js'
import type { CommandContext, CommandPart } from '../context.js'

interface RawCreateOptions extends RawCommon, RawPatChange, RawSecretOptions {}

const defaultLife = '30d'
/** Adds the options of `patkit pats create`. */
function addPatsCreateOptions(command: Command): Command {
  command
    .option('--name <name>', 'how the token is called')
    .option('--scope <scope>', 'what it may do, such as vso.code; may be repeated. app_token is full access', collect)
    .option('--expires <time>', 'when it ends: 30d, 2w, 2026-12-31 (its beginning, UTC)', defaultLife)
    .option('--all-organizations', 'valid in every organization you can reach; refused by the service since 2026-03-15')
  return addCommonOptions(addSecretOptions(command))
}

/** Runs `patkit pats create`. */
function runPatsCreate(command: Command, context: CommandContext): Promise<ExitCode> {
  const raw = command.opts<RawCreateOptions>()
  return runWork(raw, context, async (talk) => {
    const format = listFormatOf(raw, context.io.stdout)
    const now = nowOf(context.io)
    const order = readOrder(raw, now)
    const connection = await connect(raw, context)
    const work = { connection, format, now, talk, context }
    warnOf(order, talk)
    await createAndDeliver(order, raw, work)
    return exitCodes.complete
  })
}

function readOrder(raw: RawCreateOptions, now: Date): CreatePat {
  const displayName = readName(raw.name)
  const scope = readScopes(raw.scope)
  if (displayName === undefined) throw usageError('The token needs a name.', 'Give --name, such as --name ci.')
  if (scope === undefined) {
    throw usageError('The token needs a scope.', 'Give --scope vso.code; it may be repeated.')
  }
  return {
    displayName,
    scope,
    validTo: readEnd(raw.expires ?? defaultLife, now),
    ...(raw.allOrganizations === true ? { organizations: 'all-organizations-i-can-reach' } : {}),
  }
}

/** Makes a token and brings its secret to where it was asked for. A secret that could not be brought there is of no use: it is revoked. */
async function createAndDeliver(order: CreatePat, raw: RawCreateOptions, work: Work): Promise<CreatedPat> {
  const { context, talk } = work
  const place = await prepareSecretPlace(raw, context)
  const created = await create(order, place, work)
  context.redactor.add(created.secret.reveal())
  try {
    await deliver(created, place, raw, work)
  } catch (error) {
    await place.discard()
    await takeBack(created.pat.authorizationId, work)
    throw error
  }
  if (created.validToAdjusted && created.pat.validTo !== null) {
    talk.notice(
      styled('yellow', 'Note: '),
      `a policy made the token end earlier, at ${spokenTime(created.pat.validTo)}.`,
    )
  }
  return created
}

/** A token whose secret nobody holds must not live on. */
async function takeBack(authorizationId: string, { connection, talk }: Work): Promise<void> {
  try {
    await connection.client.pats.revoke(authorizationId)
    talk.notice(`The token ${authorizationId} was revoked again: its secret reached nobody.`)
  } catch {
    talk.notice(
      `The secret of the token ${authorizationId} reached nobody, and revoking the token failed. Do it with: ` +
        `patkit pats revoke --org ${connection.organization} ${authorizationId} --yes`,
    )
  }
}

async function create(order: CreatePat, place: SecretPlace, { connection, context, talk }: Work): Promise<CreatedPat> {
  const startedAt = new Date(connection.clock.now())
  try {
    return await connection.client.pats.create(order, { signal: context.interrupt.signal })
  } catch (error) {
    await place.discard()
    const advice = reconcileAdvice(order.displayName, startedAt, connection, context)
    if (isSdkError(error) && error.code === 'PATKIT_OUTCOME_UNKNOWN') {
      throw new CommandError(`${error.message.replace(/\.?$/, '')}; its secret is lost.`, {
        exitCode: exitCodes.failure,
        hint: advice,
      })
    }
    // The request may have arrived before it was given up.
    if (context.interrupt.signal.aborted) talk.notice(`It is unknown whether the token was created. ${advice}`)
    throw error
  }
}

function reconcileAdvice(
  displayName: string,
  startedAt: Date,
  { organization }: Connection,
  { io }: CommandContext,
): string {
  const words = [...programWords(io.env), 'pats', 'reconcile', '--org', organization, '--name', displayName]
  const line = [...words, '--since', startedAt.toISOString()].map((word) => shellQuote(word, io.platform)).join(' ')
  return `See what it left behind with: ${line}`
}

async function deliver({ pat, secret }: CreatedPat, place: SecretPlace, raw: RawCommon, work: Work): Promise<void> {
  const { format, now, talk, context } = work
  const row = await rowOf(pat, now)
  if (place.isStdout && raw.json === true) {
    const record = { ...ownTokenShape.toRecord(row), secret: secret.reveal() }
    await place.deliver(JSON.stringify(record))
  } else {
    await place.deliver(secret.reveal())
    if (!place.isStdout) await printOne(row, format, oneTokenShape, context.io)
  }
  const end = pat.validTo === null ? 'has no end' : `ends ${spokenTime(pat.validTo)}`
  talk.note(
    styled('green', 'Created '),
    `${JSON.stringify(pat.displayName ?? '')} (${pat.authorizationId}), which ${end}. Its secret is ${place.words}; it is never shown again.`,
  )
}

/** Adds the argument and options of `patkit pats rotate`. */
function addPatsRotateOptions(command: Command): Command {
  command
    .argument('<authorization-id>', 'the token to be replaced, from pats list')
    .option('--expires <time>', 'when the new one ends: 30d, 2w, 2026-12-31 (its beginning, UTC)', defaultLife)
    .option('--name <name>', 'another name than that of the old one')
    .option('--scope <scope>', 'other scopes than those of the old one; may be repeated', collect)
  return addCommonOptions(addSecretOptions(command))
}

/** Runs `patkit pats rotate`: the new secret is where it was asked for before the old token stops working. */
function runPatsRotate(command: Command, context: CommandContext): Promise<ExitCode> {
  const raw = command.opts<RawCreateOptions>()
  return withOne(command, context, async (id, work) => {
    const { connection, talk, now } = work
    const validTo = readEnd(raw.expires ?? defaultLife, now)
    const name = readName(raw.name)
    const scopes = readScopes(raw.scope)
    const old = await connection.client.pats.get(id, { signal: context.interrupt.signal })
    const order: CreatePat = {
      displayName: name ?? old.displayName ?? 'unnamed',
      scope: scopes ?? readScopes([old.scope ?? '']) ?? [],
      validTo,
    }
    warnOf(order, talk)
    if (old.targetAccounts === null) {
      talk.notice(
        styled('yellow', 'Note: '),
        'the old token is valid for all organizations; the new one for this one only.',
      )
    }
    const { pat } = await createAndDeliver(order, raw, work)
    try {
      await revokeOne(id, connection, context.interrupt.signal)
    } catch (error) {
      if (!isSdkError(error) && !context.interrupt.signal.aborted) throw error
      if (isSdkError(error)) tellFailure(error, { talk, env: context.io.env, redactor: context.redactor })
      talk.notice(
        styled('yellow', 'Half done: '),
        `${pat.authorizationId} is made and its secret delivered, but the old token still works. Revoke it with: patkit pats revoke --org ${connection.organization} ${id} --yes`,
      )
      return exitCodes.incomplete
    }
    talk.note(styled('green', 'Revoked '), `the old one (${id}).`)
    return exitCodes.complete
  })
}

interface RawReconcileOptions extends RawCommon {
  readonly name?: string
  readonly since?: string
  readonly revoke?: true
}

/** Adds the options of `patkit pats reconcile`. */
function addPatsReconcileOptions(command: Command): Command {
  return addCommonOptions(
    command
      .option('--name <name>', 'the name of the token whose creation had an unknown outcome')
      .option('--since <time>', 'when it was asked for, such as 2026-03-02T09:00Z')
      .option('--revoke', 'revoke what is found: its secret is lost, so it is of no use'),
  )
}

/** Runs `patkit pats reconcile`: finds what a creation with unknown outcome left behind. */
function runPatsReconcile(command: Command, context: CommandContext): Promise<ExitCode> {
  const raw = command.opts<RawReconcileOptions>()
  return runWork(raw, context, async (talk) => {
    const { io, interrupt } = context
    const format = listFormatOf(raw, io.stdout)
    const now = nowOf(context.io)
    const displayName = readName(raw.name)
    if (displayName === undefined || raw.since === undefined) {
      throw usageError(
        'It is not said which creation this is about.',
        'Give --name and --since, as the failed command printed them.',
      )
    }
    const startedAt = pointInTime(raw.since, '--since', { now, direction: 'back' })
    const { client } = await connect(raw, context)
    const { OutcomeUnknownError } = await import('@patkit/core')
    const error = new OutcomeUnknownError('The outcome of a creation is unknown.', {
      created: { displayName, startedAt },
    })
    const action = raw.revoke === true ? 'revoke' : 'find'
    const found = await client.pats.reconcile(error, { action, signal: interrupt.signal })
    const writer = createListWriter(format, ownTokenShape, io)
    for (const pat of found) await writer.write(await rowOf(pat, now, action === 'revoke'))
    await writer.end()
    talk.note(reconciled(found.length, action))
    return exitCodes.complete
  })
}

function reconciled(found: number, action: 'find' | 'revoke'): string {
  if (found === 0) return 'Nothing was created: creating it again is safe.'
  const tokens = `${plural(found, 'token')} of that name made since then`
  return action === 'revoke'
    ? `Revoked ${tokens}. Creating it again is safe.`
    : `Found ${tokens}. If you made none of them yourself, run this again with --revoke.`
}

const patsCreateHelp = `
Examples:
  The secret into a new file that only you may read:
  $ patkit pats create --org fabrikam --name ci --scope vso.code --scope vso.build --expires 30d --secret-file ci.token
  Into another program, past every log:
  $ patkit pats create --org fabrikam --name ci --scope vso.code --secret-stdout | gh secret set AZURE_DEVOPS_PAT

On a terminal without either option the secret is shown after a question. A file that exists is never replaced. If the secret cannot be
delivered, the token is revoked again.

Needs an access token of Entra ID of a person, with vso.pats and vso.pats_manage: neither a personal access token nor an application can do this.
`

/** `patkit pats create`. */
export const patsCreateCommand: CommandPart = {
  addOptions: addPatsCreateOptions,
  help: patsCreateHelp,
  run: runPatsCreate,
}

const patsRotateHelp = `
Example:
  $ patkit pats rotate --org fabrikam 0c7f6b7e-0e5b-4b65-8f5c-6a0f3a1c9d22 --expires 30d --secret-file ci.token

The new token has the name and the scopes of the old one unless you say otherwise. The old one is revoked only when the new secret is where
it was asked for. Exit code 5: the new token is delivered, but the old one could not be revoked.

Needs an access token of Entra ID of a person, with vso.pats and vso.pats_manage: neither a personal access token nor an application can do this.
`

/** `patkit pats rotate`. */
export const patsRotateCommand: CommandPart = {
  addOptions: addPatsRotateOptions,
  help: patsRotateHelp,
  run: runPatsRotate,
}

const patsReconcileHelp = `
Examples:
  $ patkit pats reconcile --org fabrikam --name ci --since 2026-03-02T09:00Z
  $ patkit pats reconcile --org fabrikam --name ci --since 2026-03-02T09:00Z --revoke

When the answer to a creation is lost, a token may exist whose secret nobody holds. This finds your active tokens of that name made since
then, five minutes of grace included, and with --revoke revokes them.

Needs an access token of Entra ID of a person, with vso.pats and vso.pats_manage: neither a personal access token nor an application can do this.
`

/** `patkit pats reconcile`. */
export const patsReconcileCommand: CommandPart = {
  addOptions: addPatsReconcileOptions,
  help: patsReconcileHelp,
  run: runPatsReconcile,
}
