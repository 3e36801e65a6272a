import type { Command } from 'commander'
import { addConnectionOptions, type RawConnection } from '../connection.js'
import { Doctor, type Check } from '../doctor.js'
import { exitCodes, type ExitCode } from '../exit-codes.js'
import { addListOptions, createListWriter, listFormatOf, type ListShape, type RawListOptions } from '../listing.js'
import { runWork } from '../run.js'
import { styled, Terminal, type Style } from '../terminal.js'
import type { CommandContext, CommandPart } from '../context.js'

/** How to look, as it was typed. */
interface RawDoctorOptions extends RawListOptions, RawConnection {}

function addDoctorOptions(command: Command): Command {
  return addListOptions(addConnectionOptions(command, ['org', 'tokenCommand', 'timeout', 'baseUrl'])).option(
    '--quiet',
    'show only what is not in order',
  )
}

const checkShape: ListShape<Check> = {
  columns: [],
  csv: [
    ['Check', ({ check }) => check],
    ['Status', ({ status }) => status],
    ['Message', ({ message }) => message],
    ['Remedy', ({ remedy }) => remedy],
  ],
  toRecord: (check) => check,
}

const looks: Readonly<Record<Check['status'], Style>> = { ok: 'green', warn: 'yellow', fail: 'red' }

function runDoctor(command: Command, context: CommandContext): Promise<ExitCode> {
  const raw = command.opts<RawDoctorOptions>()
  return runWork(raw, context, async (talk) => {
    const { io } = context
    const format = listFormatOf(raw, io.stdout)
    const found: Record<Check['status'], number> = { ok: 0, warn: 0, fail: 0 }
    const terminal = new Terminal(io.stdout, io.env, io.platform)
    const writer = createListWriter(format, checkShape, io, {
      begin: '{"checks":[',
      end: () => `],"healthy":${found.fail === 0}}`,
    })
    for await (const check of new Doctor(raw, context).examine()) {
      found[check.status]++
      if (raw.quiet === true && check.status === 'ok') continue
      if (format === 'table') tell(check, terminal)
      else await writer.write(check)
    }
    if (format !== 'table') await writer.end()
    talk.note(`${found.ok} in order, ${found.warn} to know of, ${found.fail} to mend.`)
    return found.fail === 0 ? exitCodes.complete : exitCodes.failure
  })
}

/** The word says the same as the colour. */
function tell({ check, status, message, remedy }: Check, terminal: Terminal): void {
  terminal.line(styled(looks[status], status.padEnd(4)), `  ${check}: ${message}`)
  if (remedy !== null) terminal.line(`      ${remedy}`)
}

const doctorHelp = `
Examples:
  $ patkit doctor --org fabrikam
  $ patkit doctor --org fabrikam --json | jq '.checks[] | select(.status != "ok")'

Looks at versions, settings, keychain, access token, sign-in service, network, organization and permissions, and says of each whether it is
in order (ok), worth knowing (warn) or to be mended (fail), with what helps. It reads only: the first page of users, of one user's tokens, and
of your own. Exit code 1 when something is to be mended.
`

/** `patkit doctor`. */
export const doctorCommand: CommandPart = { addOptions: addDoctorOptions, help: doctorHelp, run: runDoctor }
