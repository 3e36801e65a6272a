import { SignInBrowser, type Emulator, type SignInChoices } from '@patkit/emulator'

/** The address under which a site and a browser know the emulator. */
export const originOf = ({ url }: Emulator): string => url.replace('127.0.0.1', 'localhost')

/** What a person does at the sign-in service, with the path it sends the browser back to. */
export async function atSignInService(
  emulator: Emulator,
  url: string | undefined,
  choices: SignInChoices,
  visitor = new SignInBrowser(originOf(emulator)),
): Promise<string> {
  if (url === undefined) throw new Error('The site sends the browser nowhere.')
  const { href, origin } = (await visitor.signIn(url, choices)).url
  return href.slice(origin.length)
}
