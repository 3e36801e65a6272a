import path from 'node:path'
import { stateFolder } from './checkpoint.js'
import { variable, type Io } from './io.js'

/** What decides where this user's files lie. */
export type Home = Pick<Io, 'env' | 'platform' | 'homeDirectory'>

/** Folder of our settings. */
export function ownConfigFolder({ env, platform, homeDirectory }: Home): string {
  return path.join(configFolder(env, platform, homeDirectory), 'patkit')
}

/** Folder of what we keep from one run to the next. */
export function ownStateFolder({ env, platform, homeDirectory }: Home): string {
  return path.join(stateFolder(env, platform, homeDirectory), 'patkit')
}

function configFolder(env: Io['env'], platform: NodeJS.Platform, homeDirectory: string): string {
  if (platform === 'win32') return variable(env, 'APPDATA') ?? path.join(homeDirectory, 'AppData', 'Roaming')
  const configHome = variable(env, 'XDG_CONFIG_HOME')
  // A relative path is to be ignored: https://specifications.freedesktop.org/basedir-spec/latest/
  return configHome !== undefined && path.isAbsolute(configHome) ? configHome : path.join(homeDirectory, '.config')
}

/** A path as people write it: `~` for the home folder. */
export function shortPath(file: string, { homeDirectory, platform }: Home): string {
  if (platform === 'win32' || !file.startsWith(`${homeDirectory}/`)) return file
  return `~${file.slice(homeDirectory.length)}`
}
