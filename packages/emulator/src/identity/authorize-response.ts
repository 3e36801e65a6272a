import { redirect } from './answers.js'
import type { Answer } from './answers.js'
import type { ReturnAddress } from './authorize-request.js'
import { describe, errorUri, isEntra } from './errors.js'
import type { IdentityFailure, Trace } from './errors.js'
import { markup } from './html.js'
import { pageAnswer } from './page.js'

type Fields = Readonly<Record<string, string>>

/** Sends the person back to the application with these fields, in the way it asked for. */
export function returnToApplication(returnTo: ReturnAddress, fields: Fields, headers: Answer['headers'] = {}): Answer {
  const all = { ...fields, ...(returnTo.state === null ? {} : { state: returnTo.state }) }
  const { redirectUri } = returnTo
  const encoded = new URLSearchParams(all).toString()
  switch (returnTo.responseMode) {
    case 'query':
      return redirect(`${redirectUri}${redirectUri.includes('?') ? '&' : '?'}${encoded}`, headers)
    case 'fragment':
      return redirect(`${redirectUri}#${encoded}`, headers)
    case 'form_post':
      return formPost(redirectUri, all, headers)
  }
}

export function returnFailure(returnTo: ReturnAddress, failure: IdentityFailure, trace: Trace): Answer {
  return returnToApplication(returnTo, {
    error: failure.error,
    error_description: describe(failure, trace),
    ...(isEntra(failure) ? { error_uri: errorUri(failure) } : {}),
    ...(failure.code === 'AADSTS65004' ? { error_subcode: 'cancel' } : {}),
    ...(failure.claims === undefined ? {} : { claims: failure.claims }),
  })
}

function formPost(action: string, fields: Fields, headers: Answer['headers']): Answer {
  return pageAnswer({
    title: 'Back to the application',
    body: markup`<form method="post" action="${action}">
      ${Object.entries(fields).map(([name, value]) => markup`<input type="hidden" name="${name}" value="${value}">`)}
      <p>You are signed in.</p>
      <div class="row"><button class="main">Continue</button></div>
    </form>`,
    formTargets: [action],
    script: 'document.forms[0].submit()',
    headers,
  })
}
