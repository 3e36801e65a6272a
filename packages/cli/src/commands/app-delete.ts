import { unlink } from 'node:fs/promises'
import type { Command } from 'commander'
import { deleteApplication, deleteForGood, findByClientId, settling, type RegisteredApp } from '../app-registration.js'
import { askForName, checkCare, willOf } from '../care.js'
import { usageError } from '../command-error.js'
import { readEnvFile, type EnvFile } from '../env-file.js'
import { exitCodes, type ExitCode } from '../exit-codes.js'
import { accessGraph, addGraphOptions, type RawGraphAccess } from '../graph-access.js'
import { addListOptions, listFormatOf, printOne, type ListShape, type RawListOptions } from '../listing.js'
import { runWork } from '../run.js'
import { styled } from '../terminal.js'
import type { CommandContext, CommandPart } from '../context.js'

interface RawDeleteOptions extends RawGraphAccess, RawListOptions {
  readonly settingsFile?: string
  readonly permanently?: true
  readonly yes?: true
  readonly dryRun?: true
}

const defaultEnvFile = '.env'

function addDeleteOptions(command: Command): Command {
  return addGraphOptions(
    addListOptions(
      command
        .argument('[client-id]', 'the application (default: CLIENT_ID in the settings file)')
        .option('--settings-file <file>', `the settings file that app create wrote (default: ${defaultEnvFile})`)
        .option('--permanently', 'also take away the possibility to restore it within 30 days')
        .option('--yes', 'act without asking; without it, and without a terminal to ask at, nothing is deleted')
        .option('--dry-run', 'show what would be done, and ask nothing'),
    ),
  )
}

interface DeletedLine extends RegisteredApp {
  readonly result: 'deleted' | 'would-be-deleted'
  /** The settings file that was removed with it. */
  readonly envFile: string | null
}

const fields: readonly (readonly [string, (line: DeletedLine) => string | null])[] = [
  ['Result', (line) => line.result.replaceAll('-', ' ')],
  ['Name', (line) => line.name],
  ['Client id', (line) => line.clientId],
  ['Settings', (line) => line.envFile],
]

const deletedShape: ListShape<DeletedLine> = {
  columns: fields.map(([header, value]) => ({ header, value })),
  csv: fields,
  toRecord: (line) => line,
}

function runDelete(command: Command, context: CommandContext): Promise<ExitCode> {
  const raw = command.opts<RawDeleteOptions>()
  return runWork(raw, context, async (talk) => {
    const { io, interrupt } = context
    const format = listFormatOf(raw, io.stdout)
    checkCare(raw)
    const envName = raw.settingsFile ?? defaultEnvFile
    const envFile = await readEnvFile(envName, io.cwd)
    if (envFile === undefined && raw.settingsFile !== undefined) {
      throw usageError(`There is no file ${JSON.stringify(raw.settingsFile)}.`, 'Give the client id instead.')
    }
    const clientId = readClientId(command.args[0], envFile, envName)
    const { graph, words, emulator } = await accessGraph(raw, context)
    const app = await findByClientId(graph, clientId, interrupt.signal)
    const removed = envFile?.isOurs === true && envFile.clientId?.toLowerCase() === clientId ? envFile : undefined
    const where = emulator === undefined ? 'Microsoft Graph' : `the emulator ${emulator}`
    talk.note(styled('bold', 'Plan'), ` at ${where} (${words}):`)
    talk.note(
      `  delete the application ${JSON.stringify(app.name)} (${app.clientId}): nobody can sign in to it any more`,
    )
    talk.note(raw.permanently === true ? '  for good' : '  it can be restored in the portal for 30 days')
    if (removed !== undefined) talk.note(`  remove ${envName}, whose secret is worth nothing then`)
    const will = willOf(raw, io)
    const line = { ...app, envFile: removed === undefined ? null : envName }
    if (will === 'ask') await askForName(app.name, 'to delete it', context)
    if (will === 'dry-run') {
      await printOne({ ...line, result: 'would-be-deleted' }, format, deletedShape, io)
      talk.notice(styled('bold', 'Dry run: '), 'nothing was deleted. Add --yes to delete it.')
      return exitCodes.complete
    }
    await deleteApplication(graph, app, interrupt.signal)
    if (removed !== undefined) await unlink(removed.file).catch(() => undefined)
    if (raw.permanently === true) {
      const clock = io.clock ?? (await import('@patkit/core')).systemClock
      await deleteForGood(
        graph,
        app,
        settling(clock, interrupt.signal, () => undefined),
        interrupt.signal,
      )
    }
    await printOne({ ...line, result: 'deleted' }, format, deletedShape, io)
    talk.note(styled('green', 'Deleted.'))
    return exitCodes.complete
  })
}

function readClientId(typed: string | undefined, envFile: EnvFile | undefined, envName: string): string {
  const clientId = typed ?? envFile?.clientId
  if (clientId === undefined) {
    const why = envFile === undefined ? 'there is no' : 'there is no CLIENT_ID in'
    throw usageError(`It is not said which application: ${why} ${envName}.`, 'Give its client id.')
  }
  if (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(clientId)) return clientId.toLowerCase()
  const place = typed === undefined ? `CLIENT_ID in ${envName}` : JSON.stringify(typed)
  throw usageError(`${place} is no client id.`, 'Give the application (client) id, a GUID.')
}

const deleteHelp = `
Examples:
  The application that app create wrote .env for:
  $ patkit app delete
  Another one, without being asked:
  $ patkit app delete 00001111-aaaa-2222-bbbb-3333cccc4444 --yes --token-command "az account get-access-token --resource-type ms-graph --query accessToken -o tsv"

Deletes the application and its service principal, and the settings file if app create wrote it for this application.

Needs an access token for Microsoft Graph with Application.ReadWrite.All: --token-command, or patkit login --graph.
`

/** `patkit app delete`. */
export const appDeleteCommand: CommandPart = { addOptions: addDeleteOptions, help: deleteHelp, run: runDelete }
