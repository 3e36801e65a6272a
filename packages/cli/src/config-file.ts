import { mkdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { CommandError, usageError } from './command-error.js'
import { exitCodes } from './exit-codes.js'
import { ownConfigFolder, type Home } from './folders.js'
import { variable, type Io } from './io.js'
import { didYouMean } from './suggest.js'

/** Settings that can be kept, each with the variable that wins over it and the option that wins over both. None of them is a secret. */
export const settings = {
  org: { variable: 'PATKIT_ORG', option: '--org', meaning: 'the organization' },
  'base-url': { variable: 'PATKIT_BASE_URL', option: '--base-url', meaning: 'another address of the service' },
  tenant: { variable: 'PATKIT_TENANT', option: '--tenant', meaning: 'the tenant that login signs in at' },
  'client-id': {
    variable: 'PATKIT_CLIENT_ID',
    option: '--client-id',
    meaning: 'the application that login signs in to',
  },
} as const satisfies Readonly<Record<string, { variable: string; option: string; meaning: string }>>

/** Name of a setting. */
export type SettingName = keyof typeof settings

/** Every setting, in the order in which they are listed. */
export const settingNames = Object.keys(settings) as readonly SettingName[]

/** What the file holds. */
export type Config = Readonly<Partial<Record<SettingName, string>>>

/** Where settings are kept. */
export function configFile(home: Home): string {
  return path.join(ownConfigFolder(home), 'config.json')
}

/**
 * Reads the settings; none if there is no file.
 *
 * @throws {@link CommandError} With exit code 2 when the file is not what we wrote.
 */
export function readConfig(home: Home): Config {
  const file = configFile(home)
  const text = readIfThere(file)
  if (text === undefined) return {}
  const content = parse(text)
  if (content === undefined) throw broken(file, 'is no JSON object')
  for (const [name, value] of Object.entries(content)) {
    if (!settingNames.some((known) => known === name)) {
      throw broken(file, `has an unknown setting ${JSON.stringify(name)}`, didYouMean(name, settingNames))
    }
    if (typeof value !== 'string' || value === '') throw broken(file, `has no text for ${JSON.stringify(name)}`)
  }
  return content
}

/** Writes the settings; whoever reads sees the old ones or the new ones, never half of them. */
export function writeConfig(config: Config, home: Home): void {
  const file = configFile(home)
  const beside = `${file}.${process.pid}`
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
    writeFileSync(beside, `${JSON.stringify(config, undefined, 2)}\n`)
    renameSync(beside, file)
  } catch (error) {
    try {
      unlinkSync(beside)
    } catch {
      // It may never have been there.
    }
    throw new CommandError(`Cannot write ${JSON.stringify(file)} (${codeOf(error)}).`, {
      exitCode: exitCodes.failure,
      hint: 'Set XDG_CONFIG_HOME to a folder that you may write in.',
    })
  }
}

/** The world with the kept settings in it, under the names of the variables that win over them. */
export function withConfig(io: Io): Io {
  const config = readConfig(io)
  const kept = settingNames.flatMap((name) => {
    const value = config[name]
    const { variable: variableName } = settings[name]
    return value === undefined || variable(io.env, variableName) !== undefined ? [] : [[variableName, value] as const]
  })
  return kept.length === 0 ? io : { ...io, env: { ...io.env, ...Object.fromEntries(kept) } }
}

function broken(file: string, how: string, hint = 'Correct it, or remove the file.'): CommandError {
  return usageError(`The file of settings ${JSON.stringify(file)} ${how}.`, hint)
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined
    throw usageError(`The file of settings ${JSON.stringify(file)} cannot be read (${codeOf(error)}).`)
  }
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const content: unknown = JSON.parse(text)
    const isObject = typeof content === 'object' && content !== null && !Array.isArray(content)
    return isObject ? (content as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** The system's name for what failed. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : String(error)
}
