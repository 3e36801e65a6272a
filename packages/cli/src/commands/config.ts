import type { Command } from 'commander'
import { CommandError, usageError } from '../command-error.js'
import { configFile, readConfig, settingNames, settings, writeConfig, type SettingName } from '../config-file.js'
import { exitCodes, type ExitCode } from '../exit-codes.js'
import { variable, type Io } from '../io.js'
import { addListOptions, createListWriter, listFormatOf, put, type ListShape, type RawListOptions } from '../listing.js'
import { runWork } from '../run.js'
import { didYouMean } from '../suggest.js'
import { styled } from '../terminal.js'
import type { CommandContext, CommandPart } from '../context.js'

interface RawConfigOptions extends RawListOptions {
  readonly quiet?: true
}

const addQuiet = (command: Command): Command => command.option('--quiet', 'say nothing but what somebody has to act on')

/** A setting, and where its value comes from. */
interface SettingLine {
  readonly setting: SettingName
  readonly value: string | null
  readonly from: string | null
}

const settingShape: ListShape<SettingLine> = {
  columns: [
    { header: 'Setting', value: (line) => line.setting },
    { header: 'Value', value: (line) => line.value },
    { header: 'From', value: (line) => line.from },
  ],
  csv: [
    ['Setting', (line) => line.setting],
    ['Value', (line) => line.value],
    ['From', (line) => line.from],
  ],
  toRecord: (line) => line,
}

function lineOf(setting: SettingName, io: Io): SettingLine {
  const { variable: variableName } = settings[setting]
  const set = variable(io.env, variableName)
  if (set !== undefined) return { setting, value: set, from: variableName }
  const kept = readConfig(io)[setting]
  return { setting, value: kept ?? null, from: kept === undefined ? null : configFile(io) }
}

function runList(command: Command, context: CommandContext): Promise<ExitCode> {
  const raw = command.opts<RawConfigOptions>()
  return runWork(raw, context, async () => {
    const { io } = context
    const writer = createListWriter(listFormatOf(raw, io.stdout), settingShape, io)
    for (const name of settingNames) await writer.write(lineOf(name, io))
    await writer.end()
    return exitCodes.complete
  })
}

function runGet(command: Command, context: CommandContext): Promise<ExitCode> {
  return runWork(command.opts<RawConfigOptions>(), context, async () => {
    const { io } = context
    const name = settingOf(command.args[0] ?? '')
    const { value } = lineOf(name, io)
    if (value === null) {
      throw new CommandError(`${name} is not set.`, {
        exitCode: exitCodes.failure,
        hint: `Set it: patkit config set ${name} VALUE.`,
      })
    }
    await put(io.stdout, `${value}\n`)
    return exitCodes.complete
  })
}

function runSet(command: Command, context: CommandContext): Promise<ExitCode> {
  return runWork(command.opts<RawConfigOptions>(), context, async (talk) => {
    const { io } = context
    const name = settingOf(command.args[0] ?? '')
    const value = await checked(name, command.args[1] ?? '')
    writeConfig({ ...readConfig(io), [name]: value }, io)
    talk.note(`${name} is ${value} from now on.`)
    const { variable: variableName } = settings[name]
    if (variable(io.env, variableName) !== undefined) {
      talk.notice(styled('yellow', 'Note: '), `${variableName} is set and wins over it.`)
    }
    return exitCodes.complete
  })
}

function runUnset(command: Command, context: CommandContext): Promise<ExitCode> {
  return runWork(command.opts<RawConfigOptions>(), context, (talk) => {
    const { io } = context
    const name = settingOf(command.args[0] ?? '')
    const { [name]: before, ...others } = readConfig(io)
    if (before === undefined) talk.note(`${name} was not set.`)
    else {
      writeConfig(others, io)
      talk.note(`${name} is not set any more.`)
    }
    return Promise.resolve(exitCodes.complete)
  })
}

function runPath(command: Command, context: CommandContext): Promise<ExitCode> {
  return runWork(command.opts<RawConfigOptions>(), context, async () => {
    await put(context.io.stdout, `${configFile(context.io)}\n`)
    return exitCodes.complete
  })
}

function settingOf(name: string): SettingName {
  const known = settingNames.find((each) => each === name)
  if (known !== undefined) return known
  const isSecret = /secret|token|password|pat\b/i.test(name)
  throw usageError(
    `There is no setting ${JSON.stringify(name)}.`,
    isSecret
      ? 'Secrets are never kept in settings: sign in with patkit login.'
      : (didYouMean(name, settingNames) ?? `Settings are ${settingNames.join(', ')}.`),
  )
}

/** A value that could never work is refused when it is set, not weeks later. */
async function checked(name: SettingName, value: string): Promise<string> {
  const text = value.trim()
  if (text === '') throw usageError(`${name} is empty.`, `To remove it: patkit config unset ${name}.`)
  if (name === 'tenant') return checkedBy(name, text, /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/i, 'a tenant id or domain')
  if (name === 'client-id') return checkedBy(name, text, /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, 'a GUID')
  const { checkBaseUrl, checkOrganization } = await import('@patkit/core')
  try {
    return name === 'org' ? checkOrganization(text) : checkBaseUrl(text)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw usageError(error.message.replace(/^(?:organization|baseUrl)/, name))
  }
}

function checkedBy(name: SettingName, text: string, pattern: RegExp, what: string): string {
  if (pattern.test(text)) return text
  throw usageError(`${name} ${JSON.stringify(text)} is not ${what}.`)
}

const order = `
What is typed wins over a variable (${settingNames.map((name) => settings[name].variable).join(', ')}), and a variable wins over the file.
Secrets are never kept here: sign in with patkit login.
`

const setting = (command: Command): Command => command.argument('<setting>', `one of ${settingNames.join(', ')}`)

/** `patkit config list`. */
export const configListCommand: CommandPart = {
  addOptions: (command) => addQuiet(addListOptions(command)),
  help: `\nExample:\n  $ patkit config list\n${order}`,
  run: runList,
}

/** `patkit config get`. */
export const configGetCommand: CommandPart = {
  choices: { argument: settingNames },
  addOptions: (command) => addQuiet(setting(command)),
  help: `\nExample:\n  $ patkit config get org\n\nPrints the value that commands use; exit code 1 when there is none.\n${order}`,
  run: runGet,
}

/** `patkit config set`. */
export const configSetCommand: CommandPart = {
  choices: { argument: settingNames },
  addOptions: (command) => addQuiet(setting(command).argument('<value>', 'what it is to be')),
  help: `\nExamples:\n  $ patkit config set org fabrikam\n  $ patkit config set client-id 00001111-aaaa-2222-bbbb-3333cccc4444\n${order}`,
  run: runSet,
}

/** `patkit config unset`. */
export const configUnsetCommand: CommandPart = {
  choices: { argument: settingNames },
  addOptions: (command) => addQuiet(setting(command)),
  help: `\nExample:\n  $ patkit config unset base-url\n${order}`,
  run: runUnset,
}

/** `patkit config path`. */
export const configPathCommand: CommandPart = {
  addOptions: addQuiet,
  help: `\nExample:\n  $ patkit config path\n\nOf the file: $XDG_CONFIG_HOME/patkit/config.json, on Windows %APPDATA%\\patkit\\config.json.\n${order}`,
  run: runPath,
}
