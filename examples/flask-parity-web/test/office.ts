import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DevOpsClient, systemClock, type Clock } from '@patkit/core'
import { startEmulator, type Emulator, type EmulatorOptions } from '@patkit/emulator'
import { onTestFinished } from 'vitest'
import type { ReportJob } from '../src/jobs/report-job.js'
import { createReportJobs, type ReportJobs } from '../src/jobs/report-jobs.js'

/** A folder of reports, and the service they are read from. */
export interface Office {
  readonly emulator: Emulator
  readonly folder: string
  readonly logged: string[]
  /** What a start of the server finds. */
  readonly open: () => ReportJobs
}

export async function openOffice(options: EmulatorOptions = {}, clock: Clock = systemClock): Promise<Office> {
  const emulator = await startEmulator({ users: 20, seed: 5, ...options })
  onTestFinished(() => emulator.close())
  const parent = await mkdtemp(path.join(tmpdir(), 'patkit-jobs-test-'))
  onTestFinished(() => rm(parent, { recursive: true, force: true }))
  const folder = path.join(parent, 'reports')
  const logged: string[] = []
  const { organization, url: baseUrl } = emulator
  const client = new DevOpsClient({ organization, baseUrl, clock, credential: () => emulator.tokenFor() })
  const logger = { warn: (message: string) => void logged.push(message) }
  return {
    emulator,
    folder,
    logged,
    open: () => {
      const jobs = createReportJobs({ organization, folder, clientOf: () => client, clock, logger })
      onTestFinished(() => jobs.close())
      return jobs
    },
  }
}

/** Resolves when it is so with a report. */
export async function until(job: ReportJob, isSo: () => boolean): Promise<void> {
  const never = new AbortController().signal
  for (let version = job.version; !isSo(); version = job.version) await job.changed(version, never)
}
