import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { appendFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { readAccount, type Account } from '@patkit/core'
import * as z from 'zod'
import { identityOf, isGone } from './server-identity.js'

const unreadUserSchema = z.object({
  descriptor: z.string(),
  displayName: z.string().nullable(),
  reason: z.string(),
  code: z.string(),
  status: z.number().nullable(),
})

const skippedUserSchema = z.object({
  descriptor: z.string(),
  displayName: z.string().nullable(),
  reason: z.string(),
})

const countsSchema = z.object({
  usersDone: z.number(),
  usersTotal: z.number().nullable(),
  tokens: z.number(),
  requests: z.number(),
  retries: z.number(),
  throttledMs: z.number(),
})

const jobRecordSchema = z.object({
  id: z.string(),
  organization: z.string(),
  account: z.unknown().transform((value, context) => {
    const account = readAccount(value)
    if (account === undefined) context.addIssue('is no account')
    return account as Account
  }),
  /** The process that makes it, or made it last. */
  server: z.string(),
  /** How often it was begun or taken up again. */
  run: z.number().default(0),
  state: z.enum(['running', 'sign-in-needed', 'done', 'failed', 'cancelled']),
  message: z.string().nullable(),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  counts: countsSchema,
  unread: z.array(unreadUserSchema),
  skipped: z.array(skippedUserSchema),
})

const revocationSchema = z.object({
  id: z.string(),
  at: z.string(),
  revoked: z.array(z.string()),
  failed: z.array(z.object({ id: z.string(), reason: z.string() })),
})

/** What came of a revocation from the page of a report; `id` names it, the others are authorization ids of tokens. */
export type Revocation = z.output<typeof revocationSchema>
/** A user whose tokens could not be read, as a job remembers them. */
export type UnreadUser = z.output<typeof unreadUserSchema>
/** An identity that owns no tokens, as a job remembers it. */
export type SkippedUser = z.output<typeof skippedUserSchema>
/** How far a job came. */
export type JobCounts = z.output<typeof countsSchema>
/** What is kept of a job beside its log. No secret is part of it. */
export type JobRecord = z.output<typeof jobRecordSchema>

/** The folders of report jobs: one per job, readable by their owner alone. */
export class JobFolders {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  /** Where the log of a job lies: the checkpoint of its scan. */
  logOf(id: string): string {
    return path.join(this.#root, id, 'scan.ndjson')
  }

  /** Makes the folder of a job. */
  async create(record: JobRecord): Promise<void> {
    await mkdir(path.join(this.#root, record.id), { recursive: true, mode: 0o700 })
    await this.write(record)
  }

  /** Keeps a record: the old one stays until the new one is whole. */
  async write(record: JobRecord): Promise<void> {
    const file = this.#recordOf(record.id)
    const beside = `${file}.${randomBytes(6).toString('hex')}`
    await writeFile(beside, JSON.stringify(record), { mode: 0o600, flush: true })
    await rename(beside, file)
  }

  /**
   * Takes a job for a run of this server; gives the number of the run, or `undefined` when another server has the job, or had it since the
   * record was read. Two that write into one log would ruin it.
   */
  async claim({ id, run }: JobRecord): Promise<number | undefined> {
    if ((await this.#read(id))?.run !== run) return undefined
    const own = identityOf(process.pid)
    for (let next = run + 1; ; next++) {
      const file = path.join(this.#root, id, `run-${next}`)
      try {
        // At once, so that whoever finds it finds as well whose it is.
        writeFileSync(file, own, { flag: 'wx', mode: 0o600, flush: true })
        return next
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
      }
      // Who was killed before the record said so leaves a number behind.
      if (!isGone(await readFile(file, 'utf8'))) return undefined
    }
  }

  /** Every job whose record can be read; what is damaged is nobody's job. */
  async readAll(): Promise<JobRecord[]> {
    const names = await readdir(this.#root).catch(() => [])
    const records = await Promise.all(names.map((name) => this.#read(name)))
    return records.filter((record) => record !== undefined)
  }

  /** Adds a revocation to those from the page of a report: nothing of it is ever written over. */
  async addRevocation(id: string, revocation: Revocation): Promise<void> {
    // A line of its own even behind one that a crash has torn.
    await appendFile(this.#revocationsOf(id), `\n${JSON.stringify(revocation)}\n`, { mode: 0o600, flush: true })
  }

  async readRevocations(id: string): Promise<Revocation[]> {
    const text = await readFile(this.#revocationsOf(id), 'utf8').catch(() => '')
    return text.split('\n').flatMap((line) => {
      const revocation = revocationSchema.safeParse(parseJson(line))
      return revocation.success ? [revocation.data] : []
    })
  }

  remove(id: string): Promise<void> {
    return rm(path.join(this.#root, id), { recursive: true, force: true })
  }

  async #read(id: string): Promise<JobRecord | undefined> {
    const text = await readFile(this.#recordOf(id), 'utf8').catch(() => '')
    const record = jobRecordSchema.safeParse(parseJson(text))
    return record.success && record.data.id === id ? record.data : undefined
  }

  #recordOf(id: string): string {
    return path.join(this.#root, id, 'job.json')
  }

  #revocationsOf(id: string): string {
    return path.join(this.#root, id, 'revocations.ndjson')
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
