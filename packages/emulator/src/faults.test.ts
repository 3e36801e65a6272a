import { connect } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import {
  graphVersion,
  type Reply,
  request,
  type SendOptions,
  startWorld,
  tokensVersion,
  type World,
} from '../test/world.js'
import type { FaultAnswer, FaultRule } from './index.js'

const list = `graph/users?${graphVersion}`

async function startFaulty(answer: FaultAnswer, match: FaultRule['match'] = {}) {
  const world = await startWorld({ users: 40 })
  const fault = world.emulator.faults.add({ match, answer })
  return { ...world, fault, call: (options?: SendOptions) => world.send(list, options) }
}

/** Everything that comes back on a socket of one's own, until the emulator ends it. */
async function rawAnswer({ emulator }: World): Promise<{ text: string; error: string | undefined }> {
  const { hostname, port } = new URL(emulator.url)
  const socket = connect(Number(port), hostname)
  const chunks: Buffer[] = []
  let error: string | undefined
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  socket.on('error', (reason: NodeJS.ErrnoException) => (error = reason.code))
  socket.write(
    `GET /fabrikam/_apis/${list} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${emulator.tokenFor()}\r\n\r\n`,
  )
  await new Promise((resolve) => socket.on('close', resolve))
  return { text: Buffer.concat(chunks).toString(), error }
}

const failure = (call: Promise<Reply>): Promise<unknown> =>
  call.then(
    () => 'no failure',
    (error: unknown) => error,
  )

const causeOf = async (call: Promise<Reply>): Promise<string> => {
  const error = await failure(call)
  const { cause } = error as { cause?: { code?: string } }
  return cause?.code ?? String(error)
}

describe('faults.add(), match', () => {
  test.each<[FaultRule['match'], boolean]>([
    [undefined, true],
    [{}, true],
    [{ method: 'get' }, true],
    [{ method: 'POST' }, false],
    [{ path: '/GRAPH/users' }, true],
    [{ path: '/tokenadmin/' }, false],
    [{ path: /users$/ }, true],
    [{ path: /^\/users/g }, false],
    [{ path: { pattern: 'USERS$', flags: 'i' } }, true],
    [{ query: { 'api-version': '7.1-preview.1' } }, true],
    [{ query: { 'api-version': '*' } }, true],
    [{ query: { continuationToken: '*' } }, false],
    [{ user: 'nobody' }, false],
  ])('%j on a list of users: %s', async (match, applies) => {
    const { emulator, send } = await startWorld()
    const fault = emulator.faults.add({ ...(match === undefined ? {} : { match }), answer: { status: 503 } })
    expect((await send(list)).status).toBe(applies ? 503 : 200)
    expect(fault.hits).toBe(applies ? 1 : 0)
  })

  test('finds the person that a request is about, by descriptor, sign-in name or display name', async () => {
    const { emulator, send } = await startWorld({
      people: [{ displayName: 'Åsa Ek', principalName: 'asa@fabrikam.example' }, {}],
    })
    const [asa, other] = emulator.data.users()
    for (const user of [asa?.descriptor, 'Åsa Ek', 'asa@fabrikam.example']) {
      emulator.faults.clear()
      emulator.faults.add({ match: { user: user ?? '' }, answer: { status: 404 } })
      const statusOf = async (descriptor = ''): Promise<number> =>
        (await send(`tokenadmin/personalaccesstokens/${descriptor}?api-version=7.1`)).status
      expect([await statusOf(asa?.descriptor), await statusOf(other?.descriptor)]).toEqual([404, 200])
      // One's own tokens are about the caller.
      const authorization = `Bearer ${emulator.tokenFor('Åsa Ek')}`
      expect((await send(`tokens/pats?${tokensVersion}`, { authorization })).status).toBe(404)
      expect((await send(`tokens/pats?${tokensVersion}`)).status).toBe(200)
    }
  })

  test('nth is one request, counted since the rule was added, whatever other rules do', async () => {
    const { emulator, send } = await startWorld()
    await send(list)
    emulator.faults.add({ match: { nth: 1 }, answer: { status: 500 } })
    emulator.faults.add({ match: { nth: 2 }, answer: { status: 503 } })
    const statuses = [(await send(list)).status, (await send(list)).status, (await send(list)).status]
    expect(statuses).toEqual([500, 503, 200])
  })

  test('after lets requests pass first and times ends the rule', async () => {
    const { call, fault } = await startFaulty({ status: 503 }, { after: 1, times: 2 })
    const statuses: number[] = []
    for (let n = 0; n < 5; n++) statuses.push((await call()).status)
    expect(statuses).toEqual([200, 503, 503, 200, 200])
    expect(fault.hits).toBe(2)
  })

  test('the first rule that matches is applied', async () => {
    const { emulator, call } = await startFaulty({ status: 500 })
    emulator.faults.add({ answer: { status: 503 } })
    expect((await call()).status).toBe(500)
  })

  test('remove() and clear() end rules', async () => {
    const { emulator, fault, call } = await startFaulty({ status: 500 })
    emulator.faults.add({ answer: { status: 503 } })
    fault.remove()
    expect((await call()).status).toBe(503)
    emulator.faults.clear()
    expect((await call()).status).toBe(200)
  })
})

describe('faults.add(), an answer with a status', () => {
  test.each([
    [203, 'text/html', 'Sign In'],
    [302, 'text/html', 'Object moved'],
    [401, 'application/json', 'TF400813'],
    [403, 'application/json', 'AccessCheckException'],
    [404, 'application/json', 'VssResourceNotFoundException'],
    [429, 'application/json', 'TF400733'],
    [500, 'application/json', 'TF400898'],
    [503, 'application/json', 'unavailable'],
    [418, 'application/json', '418'],
    [200, 'application/json', '{}'],
  ])('%i says what the service would say', async (status, type, text) => {
    const { call } = await startFaulty({ status })
    const reply = await call()
    expect(reply.status).toBe(status)
    expect(reply.headers.get('content-type')).toContain(type)
    expect(reply.text).toContain(text)
    expect(reply.headers.get('activityid')).not.toBeNull()
  })

  test('keeps the request from the service', async () => {
    const { emulator, send } = await startWorld()
    emulator.faults.add({ match: { method: 'POST', times: 1 }, answer: { status: 503 } })
    const before = emulator.data.tokensOf('administrator').length
    const body = { displayName: 'x', scope: 'vso.code' }
    expect((await send(`tokens/pats?${tokensVersion}`, { method: 'POST', body })).status).toBe(503)
    expect(emulator.data.tokensOf('administrator')).toHaveLength(before)
  })

  test('takes headers, also several of a name, and a body as JSON or text', async () => {
    const { call, emulator } = await startFaulty({
      status: 429,
      headers: { 'Retry-After': '7', 'WWW-Authenticate': ['Bearer a', 'Basic b'], 'Content-Type': 'text/plain' },
      body: 'slow down',
    })
    const reply = await call()
    expect([
      reply.headers.get('retry-after'),
      reply.headers.get('www-authenticate'),
      reply.headers.get('content-type'),
    ]).toEqual(['7', 'Bearer a, Basic b', 'text/plain'])
    expect(reply.text).toBe('slow down')
    emulator.faults.clear()
    emulator.faults.add({ answer: { status: 200, body: { value: null } } })
    expect((await call()).json).toEqual({ value: null })
  })

  test('takes bytes', async () => {
    const { call } = await startFaulty({ status: 200, bodyBase64: Buffer.from('\uFEFF{"a":1}').toString('base64') })
    expect((await call()).json).toEqual({ a: 1 })
  })
})

describe('faults.add(), an answer without a status', () => {
  test('lays headers over the answer of the service and takes them away', async () => {
    const { call, emulator } = await startFaulty({
      headers: { 'RETRY-AFTER': '3', activityid: null, 'content-type': 'text/plain' },
    })
    const reply = await call()
    expect(reply.status).toBe(200)
    expect((reply.json as { count: number }).count).toBe(emulator.data.size)
    expect(reply.headers.get('retry-after')).toBe('3')
    expect(reply.headers.get('content-type')).toBe('text/plain')
    expect(reply.headers.get('activityid')).toBeNull()
  })

  test('delays on the clock', async () => {
    const { call, clock, emulator } = await startFaulty({ delayMs: 90_000 })
    const before = clock.now()
    expect((await clock.runUntil(call())).status).toBe(200)
    expect(clock.now() - before).toBe(90_000)
    expect(emulator.journal.requests[0]?.durationMs).toBe(90_000)
    expect(clock.pauses).toEqual([])
  })

  test('drips on the clock', async () => {
    const { call, clock } = await startFaulty({ status: 200, body: 'x'.repeat(10), drip: { bytes: 3, everyMs: 1_000 } })
    const before = clock.now()
    expect((await clock.runUntil(call())).text).toBe('xxxxxxxxxx')
    expect(clock.now() - before).toBe(3_000)
  })

  test('resets before the service sees the request', async () => {
    const { send, emulator } = await startWorld()
    emulator.faults.add({ match: { method: 'POST' }, answer: { reset: 'before' } })
    const before = emulator.data.tokensOf('administrator').length
    const body = { displayName: 'x', scope: 'vso.code' }
    expect(await causeOf(send(`tokens/pats?${tokensVersion}`, { method: 'POST', body }))).toBe('ECONNRESET')
    expect(emulator.data.tokensOf('administrator')).toHaveLength(before)
    expect(emulator.journal.requests[0]).toMatchObject({ outcome: 'cut', fault: 'fault-1' })
    expect(emulator.journal.requests[0]).not.toHaveProperty('status')
  })

  test('resets after the service has acted and before it answers', async () => {
    const { send, emulator } = await startWorld()
    emulator.faults.add({ match: { method: 'POST' }, answer: { reset: 'after' } })
    const before = emulator.data.tokensOf('administrator').length
    const body = { displayName: 'lost', scope: 'vso.code' }
    expect(await causeOf(send(`tokens/pats?${tokensVersion}`, { method: 'POST', body }))).toBe('ECONNRESET')
    expect(emulator.data.tokensOf('administrator')).toHaveLength(before + 1)
    expect(emulator.journal.requests[0]).toMatchObject({ outcome: 'cut', status: 200 })
  })

  test('resets after some bytes of the body', async () => {
    const world = await startFaulty({ reset: { afterBytes: 50 } })
    const { text, error } = await rawAnswer(world)
    expect(error).toBe('ECONNRESET')
    expect(text.split('\r\n\r\n')[1] ?? '').toHaveLength(50)
    expect(await failure(world.call())).toBeInstanceOf(Error)
    expect(world.emulator.journal.requests.map(({ outcome }) => outcome)).toEqual(['cut', 'cut'])
  })

  test('ends early in good order, short of Content-Length', async () => {
    const world = await startFaulty({ truncate: { afterBytes: 20 } })
    const { text, error } = await rawAnswer(world)
    const [head = '', body = ''] = text.split('\r\n\r\n')
    expect(error).toBeUndefined()
    expect(Number(/content-length: (\d+)/i.exec(head)?.[1])).toBeGreaterThan(1_000)
    expect(Buffer.byteLength(body)).toBe(20)
    expect(await failure(world.call())).toBeInstanceOf(Error)
  })

  test('sends chunks without the last one', async () => {
    const world = await startFaulty({ status: 200, body: '{"value":[]}', dropFinalChunk: true })
    const { text, error } = await rawAnswer(world)
    expect(error).toBeUndefined()
    expect(text.toLowerCase()).toContain('transfer-encoding: chunked')
    expect(text.endsWith('c\r\n{"value":[]}\r\n')).toBe(true)
    expect(await failure(world.call())).toBeInstanceOf(Error)
  })

  test('hangs before the headers until the client leaves, and then acts no more', async () => {
    const { call, emulator } = await startFaulty({ hang: 'before-headers' })
    const leaving = new AbortController()
    const hanging = failure(call({ signal: leaving.signal }))
    const entry = await emulator.journal.waitFor(({ fault }) => fault === 'fault-1')
    expect(entry.outcome).toBe('open')
    leaving.abort(new Error('tired'))
    expect(await hanging).toHaveProperty('message', 'tired')
    await emulator.journal.waitFor(({ outcome }) => outcome === 'abandoned')
    expect(entry.status).toBeUndefined()
  })

  test('hangs in the middle of the body', async () => {
    const { emulator } = await startFaulty({ hang: { afterBytes: 10 } })
    const response = await fetch(`${emulator.url}/fabrikam/_apis/${list}`, {
      headers: { authorization: `Bearer ${emulator.tokenFor()}` },
    })
    const reader = response.body?.getReader()
    if (reader === undefined) throw new Error('there is no body')
    const first = (await reader.read()) as { readonly value: Uint8Array }
    expect(first.value.length).toBe(10)
    const next = reader.read().then(() => 'more')
    const nothing = (async () => {
      for (let turns = 0; turns < 20; turns++) await turn()
      return 'nothing'
    })()
    expect(await Promise.race([next, nothing])).toBe('nothing')
    await emulator.close()
    await expect(next).rejects.toThrow()
  })
})

describe('faults.add(), a rule that is none', () => {
  test.each<[unknown, string]>([
    [undefined, 'rule must be an object, not undefined'],
    [[], 'rule must be an object, not []'],
    [{}, 'rule.answer is missing'],
    [{ answer: {} }, 'rule.answer says nothing: give a status, a delayMs or another field'],
    [{ answer: { status: 200 }, when: 1 }, 'rule.when is not a field of a fault rule; rule has match, answer'],
    [
      { match: { pth: '/' }, answer: { status: 200 } },
      'rule.match.pth is not a field of a fault rule; rule.match has method, path, query, user, nth, after, times',
    ],
    [{ match: { constructor: 1 }, answer: { status: 200 } }, 'rule.match.constructor is not a field'],
    [{ match: { nth: 0 }, answer: { status: 200 } }, 'rule.match.nth must be a whole number of at least 1, not 0'],
    [{ match: { path: '' }, answer: { status: 200 } }, 'rule.match.path must be text or a pattern, not ""'],
    [
      { match: { path: { pattern: '(' } }, answer: { status: 200 } },
      'rule.match.path.pattern is not a regular expression: "("',
    ],
    [
      { match: { query: { a: 1 } }, answer: { status: 200 } },
      'rule.match.query must be an object of texts, not {"a":1}',
    ],
    [{ answer: { status: 99 } }, 'rule.answer.status must be a whole number from 200 to 599, not 99'],
    [{ answer: { status: '503' } }, 'rule.answer.status must be a whole number from 200 to 599, not "503"'],
    [{ answer: { delayMs: -1 } }, 'rule.answer.delayMs must be a number of milliseconds, not -1'],
    [{ answer: { drip: { bytes: 1 } } }, 'rule.answer.drip.everyMs is missing'],
    [{ answer: { reset: 'now' } }, 'rule.answer.reset must be "before", "after" or { "afterBytes": n }, not "now"'],
    [
      { answer: { reset: { afterBytes: 1.5 } } },
      'rule.answer.reset.afterBytes must be a whole number of at least 0, not 1.5',
    ],
    [{ answer: { hang: 'always' } }, 'rule.answer.hang must be "before-headers" or { "afterBytes": n }, not "always"'],
    [{ answer: { dropFinalChunk: false } }, 'rule.answer.dropFinalChunk must be true, not false'],
    [
      { answer: { hang: 'before-headers', reset: 'before' } },
      'rule.answer has reset and hang: an answer can end in one way only',
    ],
    [{ answer: { body: 'a', bodyBase64: 'YQ==' } }, 'rule.answer has body and bodyBase64: give one of them'],
    [{ answer: { bodyBase64: '%' } }, 'rule.answer.bodyBase64 must be base64 text, not "%"'],
    [{ answer: { body: () => 1 } }, 'rule.answer.body must be text or JSON'],
    [{ answer: { headers: { 'a b': 'c' } } }, 'rule.answer.headers has a name that is not a header\'s: "a b"'],
    [{ answer: { headers: { a: 'x\r\ny' } } }, 'rule.answer.headers.a must be text without line ends'],
    [{ answer: { headers: { a: 1 } } }, 'rule.answer.headers.a must be text without line ends'],
  ])('%j is refused in one sentence', async (rule, message) => {
    const { emulator, send } = await startWorld()
    expect(() => emulator.faults.add(rule as FaultRule)).toThrow(TypeError)
    expect(() => emulator.faults.add(rule as FaultRule)).toThrow(message)
    expect((await send(list)).status).toBe(200)
  })
})

describe('/_emulator/faults', () => {
  const json = { 'content-type': 'application/json' }

  test('adds, shows and removes rules while the emulator runs', async () => {
    const { emulator, send } = await startWorld()
    const page = `${emulator.url}/_emulator/faults`
    const rule = {
      match: { path: { pattern: '/graph/', flags: 'i' }, times: 1 },
      answer: { status: 503, headers: { 'Retry-After': '1' } },
    }
    const added = await request(page, { method: 'POST', body: rule, headers: json })
    expect([added.status, added.json]).toEqual([201, { id: 'fault-1', hits: 0 }])
    expect((await send(list)).headers.get('retry-after')).toBe('1')
    expect((await request(page)).json).toEqual({ faults: [{ id: 'fault-1', hits: 1, rule }] })
    expect((await request(`${page}/fault-1`, { method: 'DELETE' })).status).toBe(204)
    expect((await request(`${page}/fault-1`)).status).toBe(404)
    emulator.faults.add({ match: { path: /x/i }, answer: { status: 500 } })
    expect((await request(page)).json).toMatchObject({
      faults: [{ rule: { match: { path: { pattern: 'x', flags: 'i' } } } }],
    })
    expect((await request(page, { method: 'DELETE' })).status).toBe(204)
    expect((await request(page)).json).toEqual({ faults: [] })
  })

  test.each([
    ['{', 'the body must be a fault rule as JSON, such as'],
    ['{"answer":{"status":"x"}}', 'rule.answer.status must be a whole number from 200 to 599, not "x"'],
  ])('refuses %s with 400 and one sentence', async (body, message) => {
    const { emulator } = await startWorld()
    const reply = await request(`${emulator.url}/_emulator/faults`, { method: 'POST', body, headers: json })
    expect(reply.status).toBe(400)
    expect((reply.json as { error: string }).error).toContain(message)
  })
})
