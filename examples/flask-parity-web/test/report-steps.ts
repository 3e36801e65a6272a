import path from 'node:path'
import { readScanCheckpoint } from '@patkit/core'
import type { EmulatedUser } from '@patkit/emulator'
import type { Answer, TestBrowser } from '@patkit/example-kit/test'
import { expect } from 'vitest'
import type { WireProgress } from '../src/report/wire.js'
import { progressIn, readEvents, type ReceivedEvent } from './server-sent-events.js'
import type { World } from './world.js'

/** Part of every address at which the service is asked for the tokens of somebody. */
export const tokenPath = '/tokenadmin/personalaccesstokens/'

/** Starts a report and gives its address. */
export async function startReport(world: World, browser: TestBrowser): Promise<string> {
  const answer = await browser.submit('/reports', { _csrf: await world.csrfToken(browser) })
  expect(answer.status).toBe(303)
  return answer.location ?? ''
}

/** Everything that happens in a report until it ends. */
export async function eventsOf(browser: TestBrowser, report: string, lastEventId?: string): Promise<ReceivedEvent[]> {
  const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId }
  const answer = await browser.fetch(`${report}/events`, { headers: { accept: 'text/event-stream', ...headers } })
  expect(answer.status).toBe(200)
  return readEvents(answer.body)
}

/** Where a report stands at its end. */
export function endOf(events: readonly ReceivedEvent[]): WireProgress {
  expect(events.at(-1)?.type).toBe('end')
  return events.at(-1)?.data as WireProgress
}

/** A report that has ended, and what was told of it. */
export async function finishReport(world: World, browser: TestBrowser) {
  const report = await startReport(world, browser)
  const events = await eventsOf(browser, report)
  endOf(events)
  return { report, events }
}

/** Listens until a report stands as wanted, and leaves. */
export async function untilIsSo(
  world: World,
  browser: TestBrowser,
  report: string,
  isSo: (progress: WireProgress) => boolean,
): Promise<WireProgress> {
  const listener = await world.listen(browser, report)
  const events = await listener.until((all) => progressIn(all).some(isSo))
  listener.leave()
  return progressIn(events).find(isSo) ?? endOf([])
}

/** Sends a form with selected tokens. */
export async function sendTokens(
  world: World,
  browser: TestBrowser,
  address: string,
  tokens: readonly string[],
  fields: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const body = new URLSearchParams({ _csrf: await world.csrfToken(browser), ...fields })
  for (const token of tokens) body.append('token', token)
  return browser.submit(address, {}, { body: body.toString() })
}

/** Authorization ids of all tokens of the organization. */
export function tokensOf({ emulator: { data } }: World): string[] {
  return [...data.people()].flatMap((person) => data.tokensOf(person).map(({ authorizationId }) => authorizationId))
}

export function memberAt({ emulator }: World, index: number): EmulatedUser {
  const members = [...emulator.data.people()].filter(({ kind }) => kind === 'member')
  const member = members[index]
  if (member === undefined) throw new Error(`there are only ${members.length} members`)
  return member
}

/** Where a report is kept. */
export function folderOf({ settings }: Pick<World, 'settings'>, report: string): string {
  return path.join(settings.reportsFolder, report.slice('/reports/'.length))
}

/** Descriptors of the users whose tokens a report has. */
export async function finishedUsers(world: Pick<World, 'settings'>, report: string): Promise<string[]> {
  const descriptors: string[] = []
  for await (const { outcome } of readScanCheckpoint(path.join(folderOf(world, report), 'scan.ndjson')))
    descriptors.push(outcome.user.descriptor)
  return descriptors
}

/** Of these users, those whose tokens were asked for after so many requests. */
export function askedAgain(
  { emulator }: Pick<World, 'emulator'>,
  users: readonly string[],
  requests: number,
): string[] {
  const later = emulator.journal.requests.slice(requests).map(({ path: asked }) => decodeURIComponent(asked))
  return users.filter((user) => later.some((asked) => asked.endsWith(`${tokenPath}${user}`)))
}
