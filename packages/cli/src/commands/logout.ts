import type { Command } from 'commander'
import { exitCodes, type ExitCode } from '../exit-codes.js'
import { forgetLogin, readLogin, type LoginRecord } from '../login-store.js'
import { runWork } from '../run.js'
import { styled } from '../terminal.js'
import type { Io } from '../io.js'
import type { CommandContext, CommandPart } from '../context.js'
import { shadowOf } from './login.js'

interface RawLogoutOptions {
  readonly quiet?: true
}

function addLogoutOptions(command: Command): Command {
  return command.option('--quiet', 'say nothing but what somebody has to act on')
}

function runLogout(command: Command, context: CommandContext): Promise<ExitCode> {
  return runWork(command.opts<RawLogoutOptions>(), context, async (talk) => {
    const { io } = context
    const record = keptOrDamaged(io)
    const left = await forgetLogin(record === 'damaged' ? undefined : record, io)
    if (left !== undefined) talk.notice(styled('yellow', 'Note: '), left)
    if (record === undefined) talk.note('Nobody was signed in.')
    else if (record === 'damaged') talk.note('The damaged sign-in was forgotten.')
    else talk.note(styled('green', 'Signed out'), ` ${record.who}. Sign-ins of your browser go on.`)
    const shadow = shadowOf(io.env)
    if (shadow !== undefined) talk.notice(styled('yellow', 'Note: '), `commands still use ${shadow}.`)
    return exitCodes.complete
  })
}

/** A record that cannot be read must not keep anybody from getting rid of it. */
function keptOrDamaged(io: Io): LoginRecord | undefined | 'damaged' {
  try {
    return readLogin(io)
  } catch {
    return 'damaged'
  }
}

const logoutHelp = `
Example:
  $ patkit logout

Forgets the kept sign-in: the encrypted tokens and their key. Access tokens that other programs got live on until they end.
`

/** `patkit logout`. */
export const logoutCommand: CommandPart = { addOptions: addLogoutOptions, help: logoutHelp, run: runLogout }
