import path from 'node:path'
import type { Command } from 'commander'
import { AuditLog } from './audit-log.js'
import { stateFolder } from './checkpoint.js'
import { CommandError, usageError } from './command-error.js'
import type { CommandContext } from './context.js'
import { ask, canAsk } from './confirm.js'
import type { Connection } from './connection.js'
import { describeSource } from './credential.js'
import { exitCodes } from './exit-codes.js'
import type { Io } from './io.js'

/** How sure whoever runs a command is, as it was typed. */
export interface RawCare {
  readonly yes?: true
  readonly dryRun?: true
  readonly auditLog?: string
}

/** Adds `--yes`, `--dry-run` and `--audit-log`. */
export function addCareOptions(command: Command): Command {
  return command
    .option('--yes', 'act without asking; without it, and without a terminal to ask at, nothing is changed')
    .option('--dry-run', 'show what would be done, and ask nothing')
    .option(
      '--audit-log <file>',
      'where every action is recorded (default: audit/<organization>.ndjson in the state folder)',
    )
}

/** Refuses options of care that contradict each other. */
export function checkCare({ yes, dryRun, auditLog }: RawCare): void {
  if (yes === true && dryRun === true) {
    throw usageError('--yes and --dry-run contradict each other.', 'Leave one of them out.')
  }
  if (auditLog?.trim() === '') throw usageError('--audit-log names an empty file.', 'Leave it out for the default one.')
}

/** Whether to act at once, to ask first, or to change nothing: without `--yes` and without anybody to ask, nothing is changed. */
export function willOf({ yes, dryRun }: RawCare, io: Pick<Io, 'stdin' | 'stderr'>): 'act' | 'ask' | 'dry-run' {
  if (dryRun === true) return 'dry-run'
  if (yes === true) return 'act'
  return canAsk(io) ? 'ask' : 'dry-run'
}

/**
 * Lets the name of the organization be typed, as for what cannot be undone.
 *
 * @throws {@link CommandError} When something else was typed.
 */
export async function askForName(
  organization: string,
  purpose: string,
  { io, interrupt }: CommandContext,
): Promise<void> {
  const answer = await ask(`Type ${organization} ${purpose}:`, io, interrupt.signal)
  if (answer.toLowerCase() === organization.toLowerCase()) return
  throw new CommandError(`Nothing was changed: what was typed is not ${organization}.`, { exitCode: exitCodes.failure })
}

/** Opens the audit log: the file that was asked for, or the organization's own in the state folder. */
export async function openAuditLog(
  asked: string | undefined,
  { organization, baseUrl, source, account, clock }: Connection,
  reason: string,
  { io, version }: CommandContext,
): Promise<AuditLog> {
  const file =
    asked === undefined
      ? path.join(
          stateFolder(io.env, io.platform, io.homeDirectory),
          'patkit',
          'audit',
          `${organization.toLowerCase()}.ndjson`,
        )
      : path.resolve(io.cwd, asked)
  const subject = {
    account: await account(),
    systemUser: io.userName,
    credential: describeSource(source),
    organization,
    baseUrl,
    reason,
    tool: `patkit ${version}`,
  }
  return AuditLog.open(file, subject, () => clock.now())
}
