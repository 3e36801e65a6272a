import type { Command } from 'commander'
import type { AuditedAction, AuditLog } from '../audit-log.js'
import { addCareOptions, askForName, checkCare, openAuditLog, willOf, type RawCare } from '../care.js'
import { usageError } from '../command-error.js'
import { addConnectionOptions, connect, type Connection, type RawConnection } from '../connection.js'
import { exitCodes, type ExitCode } from '../exit-codes.js'
import { addListOptions, listFormatOf, printOne, type ListShape, type RawListOptions } from '../listing.js'
import { collect } from '../options.js'
import { toEnd, toResult } from '../revocation.js'
import { nowOf, pointInTime, spokenTime } from '../point-in-time.js'
import { runWork } from '../run.js'
import type { Talk } from '../talk.js'
import { styled } from '../terminal.js'
import type { CommandContext, CommandPart } from '../context.js'

interface RawRuleOptions extends RawConnection, RawListOptions, RawCare {
  readonly scope?: readonly string[]
  readonly createdBefore?: string
}

/** Adds the options of `patkit rules create`. */
function addRulesCreateOptions(command: Command): Command {
  command
    .option('--scope <scope>', 'tokens with this scope are rejected; may be repeated, any of them will do', collect)
    .option(
      '--created-before <time>',
      'only tokens made before 2026-01-31, 2026-01-31T18:00Z, or longer ago than 2d (default: now)',
    )
  return addConnectionOptions(addListOptions(addCareOptions(command)))
}

interface Rule {
  readonly scopes: readonly string[]
  readonly createdBefore: Date
}

interface RuleLine extends Rule {
  readonly result: 'created' | 'would-be-created'
  readonly organization: string
}

const ruleShape: ListShape<RuleLine> = {
  columns: [
    { header: 'Result', value: (rule) => rule.result.replaceAll('-', ' ') },
    { header: 'Organization', value: (rule) => rule.organization },
    { header: 'Scopes, any of', value: (rule) => rule.scopes.join(' ') },
    { header: 'Created before', value: (rule) => rule.createdBefore.toISOString() },
  ],
  csv: [
    ['Result', (rule) => rule.result],
    ['Organization', (rule) => rule.organization],
    ['Scopes', (rule) => rule.scopes.join('; ')],
    ['Created before', (rule) => rule.createdBefore.toISOString()],
  ],
  toRecord: (rule) => rule,
}

/** Runs `patkit rules create`. */
function runRulesCreate(command: Command, context: CommandContext): Promise<ExitCode> {
  const raw = command.opts<RawRuleOptions>()
  return runWork(raw, context, async (talk) => {
    const { io } = context
    const format = listFormatOf(raw, io.stdout)
    checkCare(raw)
    const rule = readRule(raw, nowOf(io))
    const connection = await connect(raw, context)
    const { organization } = connection
    tellPlan(rule, organization, talk)
    const will = willOf(raw, io)
    if (will === 'ask') await askForName(organization, 'to create it', context)
    if (will === 'dry-run') {
      await printOne({ ...rule, organization, result: 'would-be-created' }, format, ruleShape, io)
      talk.notice(styled('bold', 'Dry run: '), 'no rule was created. Add --yes to create it.')
      return exitCodes.complete
    }
    const reason = `scopes ${rule.scopes.join(' ')}, created before ${rule.createdBefore.toISOString()}`
    const log = await openAuditLog(raw.auditLog, connection, reason, context)
    try {
      await createRule(rule, connection, log, context)
    } finally {
      await log.close()
    }
    await printOne({ ...rule, organization, result: 'created' }, format, ruleShape, io)
    talk.note(styled('green', 'Created.'), ` Recorded in ${log.file}`)
    return exitCodes.complete
  })
}

function readRule({ scope, createdBefore }: RawRuleOptions, now: Date): Rule {
  const scopes = (scope ?? []).flatMap((text) => text.split(/[\s,]+/)).filter((text) => text !== '')
  if (scopes.length === 0) {
    throw usageError('A rule needs a scope.', 'Give --scope vso.code; it may be repeated.')
  }
  const limit =
    createdBefore === undefined ? now : pointInTime(createdBefore, '--created-before', { now, direction: 'back' })
  if (limit.getTime() > now.getTime()) {
    throw usageError(
      `--created-before ${JSON.stringify(createdBefore)} is in the future.`,
      'A rule is about tokens that were made already; leave it out for all of them.',
    )
  }
  return { scopes: [...new Set(scopes)], createdBefore: limit }
}

function tellPlan({ scopes, createdBefore }: Rule, organization: string, talk: Talk): void {
  talk.notice(
    `A rule for ${organization}: every self-describing token (JWT) made before ${spokenTime(createdBefore)} that has ` +
      `${scopes.length === 1 ? 'the scope' : 'any of the scopes'} ${scopes.join(', ')} is rejected, whoever owns it. ` +
      'Personal access tokens are not touched.',
  )
  talk.notice(styled('yellow', 'The service offers no way to take a rule back.'))
}

/** Sent with its time in any case, so that a lost answer can be asked for again without making a second rule of another time. */
async function createRule(
  { scopes, createdBefore }: Rule,
  { client }: Connection,
  log: AuditLog,
  { interrupt }: CommandContext,
): Promise<void> {
  const action: AuditedAction = {
    action: 'create-revocation-rule',
    scopes: scopes.join(' '),
    createdBefore: createdBefore.toISOString(),
  }
  await log.intend([action])
  try {
    await client.tokenAdmin.createRevocationRule({ scopes, createdBefore }, { signal: interrupt.signal })
  } catch (error) {
    await log.conclude([{ ...action, ...toResult(toEnd(error)) }])
    throw error
  }
  await log.conclude([{ ...action, result: 'done' }])
}

const rulesCreateHelp = `
Examples:
  What would be created:
  $ patkit rules create --org fabrikam --scope vso.code --created-before 2026-03-01
  And create it:
  $ patkit rules create --org fabrikam --scope vso.code --created-before 2026-03-01 --yes

A rule rejects self-describing tokens (JWTs, such as those of OAuth applications), which cannot be revoked one by one. Personal access
tokens are not touched: see patkit revoke. The service offers no way to take a rule back. Every action is recorded in the audit log.
Needs a member of Project Collection Administrators.
`

/** `patkit rules create`. */
export const rulesCreateCommand: CommandPart = {
  addOptions: addRulesCreateOptions,
  help: rulesCreateHelp,
  run: runRulesCreate,
}
