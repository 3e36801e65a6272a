import { randomBytes } from 'node:crypto'
import type { Account, Clock, DevOpsClient, Logger } from '@patkit/core'
import { JobFolders, type JobRecord, type Revocation } from './job-folder.js'
import { ReportJob } from './report-job.js'
import { identityOf, isAnotherRunning } from './server-identity.js'

/** The reports that are being made, and those that were. */
export interface ReportJobs {
  /** Begins a report, or attaches to the one of this person that is still being made. */
  start(account: Account): Promise<ReportJob>
  /** A report of this person; `undefined` when there is none of that id, or it is somebody else's. */
  get(id: string, account: Account): Promise<ReportJob | undefined>
  /** The reports of this person, the newest first. */
  list(account: Account): Promise<readonly ReportJob[]>
  /** Goes on with what waited for this person to sign in again, if they have. */
  resumeFor(account: Account, signedInAt: Date): Promise<void>
  /** Stops what is under way; the next start of the server goes on with it. */
  close(): Promise<void>
}

/** What jobs need. */
export interface ReportJobsOptions {
  readonly organization: string
  /** Where they are kept. */
  readonly folder: string
  /** The client that acts as a person. */
  clientOf(account: Account): DevOpsClient
  readonly clock: Clock
  readonly logger: Logger
}

const defaults = { finishedPerPerson: 5, daysKept: 7 } as const

/** Milliseconds after which it is looked again whether a report has become too old, though nobody starts another. */
const pruneEveryMs = 3_600_000

/** Reports made in this process and kept in a folder, so that a restart goes on with them. */
export function createReportJobs(options: ReportJobsOptions): ReportJobs {
  return new FolderJobs(options)
}

class FolderJobs implements ReportJobs {
  readonly #options: ReportJobsOptions
  readonly #folders: JobFolders
  readonly #jobs: Promise<Map<string, ReportJob>>
  #stopPruning: () => void = () => undefined

  constructor(options: ReportJobsOptions) {
    this.#options = options
    this.#folders = new JobFolders(options.folder)
    this.#jobs = this.#takeUp()
    this.#pruneLater()
  }

  async start(account: Account): Promise<ReportJob> {
    const jobs = await this.#jobs
    const own = ownOf(jobs, account)
    const underWay = own.find((job) => !job.isOver)
    if (underWay !== undefined) return underWay
    const record = this.#newRecord(account)
    const job = this.#toJob(record, [])
    // Before anything is waited for, so that a second click finds it.
    jobs.set(job.id, job)
    try {
      await this.#folders.create(record)
    } catch (error) {
      jobs.delete(job.id)
      throw error
    }
    await job.start(account, this.#options.clientOf(account))
    await this.#prune(jobs)
    return job
  }

  async get(id: string, account: Account): Promise<ReportJob | undefined> {
    const job = (await this.#jobs).get(id)
    return job?.account.id === account.id ? job : undefined
  }

  async list(account: Account): Promise<readonly ReportJob[]> {
    return ownOf(await this.#jobs, account)
  }

  async resumeFor(account: Account, signedInAt: Date): Promise<void> {
    const jobs = await this.#jobs
    for (const job of ownOf(jobs, account)) if (job.isHelpedBy(signedInAt)) await this.#goOn(jobs, job, account)
  }

  async close(): Promise<void> {
    this.#stopPruning()
    await Promise.all([...(await this.#jobs).values()].map((job) => job.suspend()))
  }

  /** What an earlier process left behind; a report it was making goes on. */
  async #takeUp(): Promise<Map<string, ReportJob>> {
    const records = await this.#folders.readAll()
    const jobs = await Promise.all(
      records
        .filter(({ organization }) => organization === this.#options.organization)
        // Two that write into one log would ruin it.
        .filter(({ state, server }) => state !== 'running' || !isAnotherRunning(server))
        .map(async (record) => this.#toJob(record, await this.#folders.readRevocations(record.id))),
    )
    const byId = new Map(jobs.map((job) => [job.id, job]))
    await this.#prune(byId)
    for (const job of jobs) {
      if (job.state === 'running') await this.#goOn(byId, job, job.account)
    }
    return byId
  }

  /** Goes on with a report, or lets go of it because another server does. */
  async #goOn(jobs: Map<string, ReportJob>, job: ReportJob, account: Account): Promise<void> {
    const isOurs = await job.start(account, this.#options.clientOf(account))
    if (!isOurs) jobs.delete(job.id)
  }

  /**
   * Old reports hold names of people: they are not kept for longer than somebody will look at them. One that is being made stays; one that
   * has waited for its owner so long is given up.
   */
  async #prune(jobs: Map<string, ReportJob>): Promise<void> {
    const oldest = this.#options.clock.now() - defaults.daysKept * 86_400_000
    const finished = new Map<string, number>()
    for (const job of newestFirst(jobs.values())) {
      const { id } = job.account
      if (job.isOver) finished.set(id, (finished.get(id) ?? 0) + 1)
      const isTooMany = job.isOver && (finished.get(id) ?? 0) > defaults.finishedPerPerson
      const isTooOld = job.state !== 'running' && job.startedAt.getTime() < oldest
      if (!isTooMany && !isTooOld) continue
      jobs.delete(job.id)
      await this.#folders.remove(job.id).catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : 'unknown error'
        this.#options.logger.warn?.(`The old report ${job.id} could not be removed: ${reason}`)
      })
    }
  }

  #pruneLater(): void {
    this.#stopPruning = this.#options.clock.timer(pruneEveryMs, () => {
      void this.#jobs.then((jobs) => this.#prune(jobs))
      this.#pruneLater()
    })
  }

  #newRecord(account: Account): JobRecord {
    return {
      // Nobody can guess it, although its owner is checked all the same.
      id: randomBytes(16).toString('base64url'),
      organization: this.#options.organization,
      account,
      server: identityOf(process.pid),
      run: 0,
      state: 'running',
      message: null,
      startedAt: new Date(this.#options.clock.now()).toISOString(),
      endedAt: null,
      counts: { usersDone: 0, usersTotal: null, tokens: 0, requests: 0, retries: 0, throttledMs: 0 },
      unread: [],
      skipped: [],
    }
  }

  #toJob(record: JobRecord, revocations: readonly Revocation[]): ReportJob {
    const { clock, logger } = this.#options
    return new ReportJob(record, revocations, { folders: this.#folders, clock, logger })
  }
}

/** The reports of a person, the newest first. */
function ownOf(jobs: ReadonlyMap<string, ReportJob>, account: Account): readonly ReportJob[] {
  return newestFirst(jobs.values()).filter((job) => job.account.id === account.id)
}

function newestFirst(jobs: Iterable<ReportJob>): ReportJob[] {
  return [...jobs].sort((a, b) => b.startedAt.getTime() - a.startedAt.getTime())
}
