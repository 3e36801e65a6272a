import { request as httpRequest } from 'node:http'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { graphVersion, request, startWorld } from '../test/world.js'

/** `fetch` does not let one choose the host. */
async function statusWith(url: string, headers: Readonly<Record<string, string>>): Promise<number> {
  const sent = httpRequest(url, { headers: { ...headers } }).end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  response.resume()
  return response.statusCode ?? 0
}

describe('/_emulator', () => {
  test('health says what is running', async () => {
    const { emulator } = await startWorld({ users: 12, organization: 'contoso' })
    const reply = await request(`${emulator.url}/_emulator/health`)
    expect(reply.json).toEqual({ status: 'ok', organization: 'contoso', users: 12, now: '2026-03-02T09:00:00.000Z' })
  })

  test('journal shows the requests to the service, not those to itself, and can be cleared', async () => {
    const { emulator, send } = await startWorld()
    await send(`graph/users?${graphVersion}`)
    const page = `${emulator.url}/_emulator/journal`
    const { json } = await request(page)
    expect(json).toMatchObject({ counts: { total: 1, byStatus: { '200': 1 } }, requests: [{ n: 1, status: 200 }] })
    expect((await request(page, { method: 'DELETE' })).status).toBe(204)
    expect((await request(page)).json).toMatchObject({ counts: { total: 0 }, requests: [] })
  })

  test.each([
    ['of another site', { origin: 'https://evil.example' }],
    ['of another port', { origin: 'http://127.0.0.1:1' }],
    ['without an origin of its own', { origin: 'null' }],
    ['that says it is of another site', { 'sec-fetch-site': 'cross-site' }],
    ['whose name was pointed here', { host: 'evil.example' }],
  ])('refuses a page %s', async (_what, headers) => {
    const { emulator } = await startWorld()
    expect(await statusWith(`${emulator.url}/_emulator/health`, headers)).toBe(403)
  })

  test.each([{ host: 'localhost:1234' }, { host: '[::1]:1234' }, {}])(
    'answers programs of this machine: %j',
    async (headers) => {
      const { emulator } = await startWorld()
      expect(await statusWith(`${emulator.url}/_emulator/health`, headers)).toBe(200)
    },
  )

  test('answers a page of its own', async () => {
    const { emulator } = await startWorld()
    const headers = { origin: emulator.url, 'sec-fetch-site': 'same-origin' }
    expect(await statusWith(`${emulator.url}/_emulator/health`, headers)).toBe(200)
  })

  test.each([
    ['GET', 'nothing', 404],
    ['GET', 'health/more', 404],
    ['POST', 'health', 405],
    ['PUT', 'journal', 405],
    ['PATCH', 'faults', 405],
  ])('answers %s %s with %i and one sentence', async (method, page, status) => {
    const { emulator } = await startWorld()
    const reply = await request(`${emulator.url}/_emulator/${page}`, { method })
    expect(reply.status).toBe(status)
    expect((reply.json as { error: string }).error).toMatch(/^(?:the emulator has|this page takes)/)
  })
})
