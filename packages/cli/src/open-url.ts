import { spawn } from 'node:child_process'
import { variable, type Io } from './io.js'

/**
 * Opens an address in the browser of this machine: the program that `BROWSER` names, or the system's way. Says whether something was
 * started; whether a page came of it only the person sees.
 */
export function openUrl(url: string, { env, platform }: Pick<Io, 'env' | 'platform'>): Promise<boolean> {
  const [program, ...words] = openerOf(env, platform)
  if (program === undefined) return Promise.resolve(false)
  return new Promise((resolve) => {
    // No shell: an address holds what shells read as commands of their own.
    const child = spawn(program, [...words, url], { stdio: 'ignore', detached: true, env })
    child.once('error', () => resolve(false))
    child.once('spawn', () => {
      child.unref()
      resolve(true)
    })
  })
}

function openerOf(env: Io['env'], platform: NodeJS.Platform): readonly string[] {
  const browser = variable(env, 'BROWSER')
  if (browser !== undefined) return browser.split(' ').filter((word) => word !== '')
  switch (platform) {
    case 'darwin':
      return ['open']
    case 'win32':
      // `start` would give the address to cmd.exe, where & is a command separator.
      return ['rundll32', 'url.dll,FileProtocolHandler']
    default:
      return ['xdg-open']
  }
}
