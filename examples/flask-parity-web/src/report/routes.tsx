import { SignInRequiredError, type Clock, type Logger } from '@patkit/core'
import type { Pages } from '@patkit/example-kit'
import type { PageAction, SignedInLocals, WebSignIn } from '@patkit/express'
import { reportFormats } from '@patkit/report'
import express, { Router, type NextFunction, type Request, type Response } from 'express'
import type { Clients } from '../clients.js'
import { formOnly } from '../form-only.js'
import type { ReportJob } from '../jobs/report-job.js'
import { createReportJobs } from '../jobs/report-jobs.js'
import type { OneTimeForms } from '../one-time-forms.js'
import { sendDownload } from './download.js'
import { sendEvents } from './event-stream.js'
import { readFilter } from './filter.js'
import { KeptRows } from './kept-rows.js'
import { chosenRows, mostTokens, resultsOf, revokeTokens } from './revocation.js'
import { readSorting } from './sort.js'
import { StreamCount } from './stream-count.js'
import { readPage, viewOf } from './view-model.js'
import { ReportPage } from './views/report-page.js'
import { RevocationPreview, RevocationResult } from './views/revocation-pages.js'
import { StartPage } from './views/start-page.js'
import type { WireRow } from './wire.js'

/** What the pages about the whole organization need. */
export interface ReportRoutesOptions {
  readonly web: WebSignIn
  readonly pages: Pages
  readonly clients: Clients
  readonly forms: OneTimeForms
  readonly organization: string
  readonly reportsFolder: string
  readonly clock: Clock
  readonly logger: Logger
}

type SignedInResponse = Response<unknown, SignedInLocals>

/** The pages about the tokens of the whole organization. */
export function reportRoutes(options: ReportRoutesOptions): { readonly router: Router; close(): Promise<void> } {
  const { web, pages, clients, forms, organization, reportsFolder: folder, clock, logger } = options
  const jobs = createReportJobs({ organization, folder, clientOf: (account) => clients.of(account), clock, logger })
  const streams = new StreamCount()
  const keptRows = new KeptRows()
  const signedIn = web.required()
  // Thousands of selected tokens are sent in one form; and who selected too many is to be told so by us.
  const readForm = express.urlencoded({ extended: false, limit: '5mb', parameterLimit: mostTokens * 20 })
  const form = [signedIn, readForm, web.csrf()] as const
  const router = Router()

  /** Hands on the report an address names, if it belongs to who asks; otherwise it does not exist. */
  const withJob =
    (handle: (req: Request, res: SignedInResponse, job: ReportJob) => Promise<void> | void) =>
    async (req: Request, res: SignedInResponse, next: NextFunction): Promise<void> => {
      const { account, signedInAt } = res.locals.signIn
      await jobs.resumeFor(account, signedInAt)
      const job = await jobs.get(String(req.params['id']), account)
      if (job === undefined) next()
      else await handle(req, res, job)
    }

  router.get('/reports', signedIn, async (req, res) => {
    const { account, signedInAt, csrfToken } = res.locals.signIn
    await jobs.resumeFor(account, signedInAt)
    const reports = (await jobs.list(account)).map(({ id, progress }) => ({ id, progress }))
    const body = <StartPage organization={organization} csrfToken={csrfToken} reports={reports} />
    pages.send(req, res, { title: 'Organization', body })
  })

  router.post(['/reports', '/graphcall'], ...form, async (_req, res) => {
    const { id } = await jobs.start(res.locals.signIn.account)
    res.redirect(303, `/reports/${id}`)
  })

  router.get('/display_progress', signedIn, async (_req, res) => {
    const [newest] = await jobs.list(res.locals.signIn.account)
    res.redirect(303, newest === undefined ? '/reports' : `/reports/${newest.id}`)
  })

  const showReport = withJob(async (req, res, job) => {
    const query = queryOf(req)
    const asked = { filter: readFilter(query), sorting: readSorting(query), page: readPage(query) }
    const view = await viewOf(job, asked, keptRows)
    pages.send(req, res, {
      title: 'Report',
      scripts: ['report'],
      body: <ReportPage view={view} csrfToken={res.locals.signIn.csrfToken} />,
      ...(job.isOver ? {} : { refresh: { seconds: 5, url: req.originalUrl, when: 'without-script' as const } }),
    })
  })
  router.get('/reports/:id', signedIn, showReport)

  const listen = withJob(async (req, res, job) => {
    const leave = streams.enter(job.account)
    if (leave === undefined) {
      res.set('Retry-After', '5')
      pages.sendProblem(req, res, tooManyStreams)
      return
    }
    try {
      await sendEvents(req, res, job, clock)
    } finally {
      leave()
    }
  })
  router.get('/reports/:id/events', signedIn, listen)

  // Where a page leads when the service wants its owner to sign in again: by way of the sign-in back to the report.
  const signInAgain = withJob((_req, res, job) => {
    if (job.state !== 'sign-in-needed') res.redirect(303, `/reports/${job.id}`)
    else throw job.signInError ?? new SignInRequiredError('The report waits for you to sign in again.')
  })
  router.get('/reports/:id/sign-in', signedIn, signInAgain)

  const cancel = withJob(async (_req, res, job) => {
    await job.cancel()
    res.redirect(303, `/reports/${job.id}`)
  })
  router.post('/reports/:id/cancel', ...form, cancel)

  for (const format of reportFormats) {
    const download = withJob(async (req, res, job) => {
      await sendDownload(res, job, format, readFilter(queryOf(req)))
    })
    router.get(`/reports/:id/tokens.${format}`, signedIn, download)
  }

  const askRevocation = (
    req: Request,
    res: SignedInResponse,
    job: ReportJob,
    rows: readonly WireRow[],
    fault?: string,
  ) => {
    const { account, csrfToken } = res.locals.signIn
    const props = { reportId: job.id, rows, csrfToken, formId: forms.issue(account), fault }
    const status = fault === undefined ? 200 : 422
    pages.send(req, res, { status, title: 'Revoke tokens', body: <RevocationPreview {...props} /> })
  }

  const previewRevocation = withJob(async (req, res, job) => {
    const ids = tokensOf(req)
    const rows = ids.length > mostTokens ? [] : await chosenRows(job, ids)
    if (rows.length > 0) askRevocation(req, res, job, rows)
    else pages.sendProblem(req, res, ids.length > mostTokens ? tooManyTokens(job) : nothingChosen(job))
  })
  router.post('/reports/:id/revoke/preview', ...form, previewRevocation)

  const revoke = withJob(async (req, res, job) => {
    const { account } = res.locals.signIn
    const { count, form: sent } = fieldsOf(req)
    const formId = String(sent)
    const id = forms.keyOf(formId, account)
    const seeResult = (): void => res.redirect(303, `/reports/${job.id}/revocations/${id}`)
    // A second click, or a form that the browser sent again.
    if (forms.endOf(id) !== undefined || job.revocation(id) !== undefined) {
      seeResult()
      return
    }
    const ids = tokensOf(req)
    const rows = ids.length > mostTokens ? [] : await chosenRows(job, ids)
    if (rows.length === 0) {
      pages.sendProblem(req, res, nothingChosen(job))
    } else if (typeof count !== 'string' || count.trim() !== String(rows.length)) {
      const fault = `This is not the number of tokens above. Type ${rows.length} to revoke them.`
      askRevocation(req, res, job, rows, fault)
    } else if (!forms.hasIssued(formId, account)) {
      pages.sendProblem(req, res, usedForm(job))
    } else {
      const chosen = rows.map((row) => row.id)
      const { kind } = await forms.carryOut(req, formId, account, async (used) => {
        await revokeTokens(job, clients.of(account), chosen, used)
        return { result: undefined }
      })
      if (kind === 'used' && job.revocation(id) === undefined) pages.sendProblem(req, res, usedForm(job))
      else seeResult()
    }
  })
  router.post('/reports/:id/revoke', ...form, revoke)

  const showRevocation = withJob(async (req, res, job) => {
    const id = String(req.params['revocation'])
    await forms.endOf(id)
    const results = await resultsOf(job, id)
    if (results === undefined) pages.notFound(req, res, () => undefined)
    else
      pages.send(req, res, { title: 'Tokens revoked', body: <RevocationResult reportId={job.id} results={results} /> })
  })
  router.get('/reports/:id/revocations/:revocation', signedIn, showRevocation)

  const changing = ['/graphcall', '/reports/:id/cancel', '/reports/:id/revoke', '/reports/:id/revoke/preview']
  router.get(changing, signedIn, (req, res) => {
    res.set('Allow', 'POST')
    pages.sendProblem(req, res, formOnly('/reports'))
  })

  return { router, close: () => jobs.close() }
}

function backTo({ id }: ReportJob): PageAction {
  return { kind: 'link', label: 'Back to the report', href: `/reports/${id}` }
}

const tooManyStreams = {
  status: 503,
  title: 'Too many pages of yours are listening',
  message: 'Close some of them; the report goes on meanwhile.',
  actions: [],
}

const nothingChosen = (job: ReportJob) => ({
  status: 422,
  title: 'No token was selected',
  message: 'Select tokens of the report that still work, and try again.',
  actions: [backTo(job)],
})

const tooManyTokens = (job: ReportJob) => ({
  status: 422,
  title: 'Too many tokens were selected',
  message: `Select at most ${mostTokens.toLocaleString('en-US')} at a time; nothing was revoked.`,
  actions: [backTo(job)],
})

const usedForm = (job: ReportJob) => ({
  status: 409,
  title: 'Nothing was revoked this time',
  message: 'The form was sent before, or is too old. The report shows which tokens are revoked.',
  actions: [backTo(job)],
})

function queryOf({ originalUrl }: Pick<Request, 'originalUrl'>): URLSearchParams {
  const at = originalUrl.indexOf('?')
  return new URLSearchParams(at === -1 ? '' : originalUrl.slice(at + 1))
}

function fieldsOf(req: Pick<Request, 'body'>): Readonly<Record<string, unknown>> {
  return (req.body ?? {}) as Readonly<Record<string, unknown>>
}

/** The tokens that were selected: one field is a text, several are a list. */
function tokensOf(req: Pick<Request, 'body'>): readonly string[] {
  const { token } = fieldsOf(req)
  return [token].flat().filter((each) => typeof each === 'string')
}
