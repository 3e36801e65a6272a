import type { Answer } from './answers.js'
import type { IdentityContext, IdentityRequest } from './context.js'
import { showPage } from './interaction-pages.js'

/** The page on which a person enters the code that a device shows. */
export function answerDevicePage(context: IdentityContext, { route }: IdentityRequest): Answer {
  return showPage(context, { route, purpose: { kind: 'device-entry' }, step: { kind: 'enter-code' } })
}
