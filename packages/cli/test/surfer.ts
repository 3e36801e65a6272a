import { fileURLToPath } from 'node:url'
import { SignInBrowser } from '@patkit/emulator'

/** Does what a person would in the browser: signs in on the emulator's pages and follows the way back. */
export async function surf(url: string, person: string): Promise<void> {
  const end = await new SignInBrowser(new URL(url).origin).signIn(url, { person })
  const back = new URL(end.url)
  for (const [name, value] of end.parameters) back.searchParams.set(name, value)
  await fetch(back)
}

// As a program, in the place of a browser.
const [, program, url, person] = process.argv
if (program === fileURLToPath(import.meta.url)) await surf(url ?? '', person ?? '')
