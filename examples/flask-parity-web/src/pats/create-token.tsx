import { checkNewPat } from './check-pat-form.js'
import { makeOnce, type Making } from './make-once.js'
import { formToQuery, readPatForm, type PatForm } from './pat-form.js'
import { refusalOf, type Refusal } from './refusal.js'
import { sendForm, visitOf, type PatSite } from './site.js'
import { CreatePage } from './views/form-pages.js'
import { AlreadySentPage, OutcomeUnknownPage, SecretPage, type Replaced } from './views/result-pages.js'
import type { Request, RequestHandler, Response } from 'express'

const usualExpiry = '30'

/** `GET /pats/new`: the form of a new token, filled in as the address says. */
export function newToken(site: PatSite): RequestHandler {
  return (req, res) => showNewToken(site, req, res, { form: readPatForm(req.query, usualExpiry) })
}

/** `POST /pats` and `/pat_post`: creates a token and shows its secret, in the answer and nowhere else. */
export function createToken(site: PatSite): RequestHandler {
  return async (req, res) => {
    const visit = visitOf(site, res)
    const form = readPatForm(req.body, usualExpiry)
    const checked = checkNewPat(form, visit.now)
    if (!checked.ok) {
      showNewToken(site, req, res, { form, faults: checked.faults, status: 422 })
      return
    }
    try {
      sendMaking(site, req, res, { form, making: await makeOnce(site, visit, req, checked.value) })
    } catch (error) {
      const refusal = refusalOf(error)
      if (refusal === undefined) throw error
      showNewToken(site, req, res, { form, ...refusal })
    }
  }
}

/** Shows the form of a new token. */
export function showNewToken(
  site: PatSite,
  req: Request,
  res: Response,
  shown: { readonly form: PatForm } & Partial<Refusal>,
): void {
  const { signIn, csrfToken, now } = visitOf(site, res)
  const { form, faults = {}, notice } = shown
  sendForm(site, req, res, {
    title: 'Create a token',
    refusal: shown,
    body: (
      <CreatePage
        csrfToken={csrfToken}
        formId={site.forms.issue(signIn.account)}
        now={now}
        form={form}
        faults={faults}
        notice={notice}
      />
    ),
  })
}

/** Tells what became of a form that was to make a token. */
export function sendMaking(
  site: PatSite,
  req: Request,
  res: Response,
  result: {
    readonly form: PatForm
    readonly making: Making
    readonly replaced?: Replaced
    readonly replaces?: boolean
  },
): void {
  const { csrfToken, now } = visitOf(site, res)
  const { form, making, replaced, replaces = false } = result
  switch (making.kind) {
    case 'made':
      site.pages.send(req, res, {
        title: 'Copy your new token',
        scripts: ['secret'],
        body: (
          <SecretPage
            created={making.created}
            csrfToken={csrfToken}
            now={now}
            {...(replaced === undefined ? {} : { replaced })}
          />
        ),
      })
      return
    case 'unknown':
      site.pages.send(req, res, {
        title: 'Outcome unknown',
        status: 502,
        body: (
          <OutcomeUnknownPage
            csrfToken={csrfToken}
            displayName={form.displayName.trim()}
            startedAt={making.startedAt}
            message={making.message}
            replaces={replaces}
          />
        ),
      })
      return
    case 'under-way':
    case 'made-before':
      site.pages.send(req, res, {
        title: 'Sent already',
        status: 409,
        body: (
          <AlreadySentPage
            kind={making.kind === 'under-way' ? 'under-way' : 'made'}
            authorizationId={making.kind === 'under-way' ? undefined : making.authorizationId}
            again={newTokenLike(form)}
          />
        ),
      })
      return
    default: {
      const unreachable: never = making
      throw new TypeError(`Unknown outcome: ${String(unreachable)}`)
    }
  }
}

/** Address of the form of a new token, filled in like another one. */
export function newTokenLike(form: PatForm): string {
  const query = formToQuery(form)
  return query === undefined || query === '' ? '/pats/new' : `/pats/new?${query}`
}
