import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { graphServicePrincipalSchema, graphUserSchema } from '../src/model/graph-user.js'
import { patTokenResultSchema, personalTokenSchema } from '../src/model/personal-token.js'
import { sessionTokenSchema } from '../src/model/session-token.js'

/** The services' own swagger and examples; they lie beside the repository and are not part of it. */
const specs = new URL('../../../../shared/specs/azure-devops/', import.meta.url)
const present = existsSync(specs)
if (!present) {
  const message = `SKIPPED: the service specifications are not at ${specs.pathname}`
  if (process.env['CI'] === 'true') throw new Error(message)
  console.warn(message)
}

function readSpec(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, specs), 'utf8').replace(/^\ufeff/, '')) as unknown
}

function exampleBody(path: string, status = '200'): Record<string, unknown> {
  const example = readSpec(path) as { responses: Record<string, { body: Record<string, unknown> }> }
  return example.responses[status]?.body ?? {}
}

function fieldsOf(path: string, definition: string): string[] {
  const spec = readSpec(path) as {
    definitions: Record<string, { properties?: Record<string, unknown>; allOf?: { $ref?: string }[] }>
  }
  const { properties = {}, allOf = [] } = spec.definitions[definition] ?? {}
  const inherited = allOf.flatMap(({ $ref = '' }) => fieldsOf(path, $ref.replace('#/definitions/', '')))
  return [...Object.keys(properties), ...inherited]
}

const list = (value: unknown): unknown[] => value as unknown[]

describe.skipIf(!present)('the models of core accept the examples of the service', () => {
  it('GraphUser', () => {
    const users = list(exampleBody('graph/7.1/httpExamples/Users/GetAllUsers.json')['value'])
    expect(users.map((user) => graphUserSchema.parse(user).descriptor)).toHaveLength(5)
    const one = exampleBody('graph/7.1/httpExamples/Users/GetUserAAD.json')
    expect(graphUserSchema.parse(one)).toMatchObject({ displayName: 'Jia-hao Tseng', origin: 'aad' })
  })

  it('GraphServicePrincipal', () => {
    const principals = list(
      exampleBody('graph/7.1/httpExamples/ServicePrincipals/GetAllServicePrincipals.json')['value'],
    )
    const [first] = principals.map((principal) => graphServicePrincipalSchema.parse(principal))
    expect(first).toMatchObject({ applicationId: '57227acc-068c-4bd0-b122-76af4ca8156d', mailAddress: null })
  })

  it('SessionToken, with null names and times without a zone', () => {
    const path =
      'tokenAdmin/7.1/httpExamples/personalAccessTokens/GetPersonalAccessTokensForAUserInYourOrganization.json'
    const tokens = list(exampleBody(path)['value']).map((token) => sessionTokenSchema.parse(token))
    expect(tokens[0]).toMatchObject({ displayName: null, scope: 'app_token', targetAccounts: null, isValid: true })
    expect(tokens[0]?.validTo?.toISOString()).toBe('2018-07-19T00:00:00.000Z')
  })

  it('PersonalToken, with up to 7 fraction digits', () => {
    const { patTokens } = exampleBody('tokens/7.1/httpExamples/Pats/ListPats.json')
    const tokens = list(patTokens).map((token) => personalTokenSchema.parse(token))
    expect(tokens[0]?.validTo?.toISOString()).toBe('2020-11-23T04:04:38.523Z')
    expect(tokens[0]?.validToText).toBe('2020-11-23T04:04:38.5233333Z')
  })

  it.each(['CreatePat', 'GetPat', 'UpdatePat'])('the answer to %s', (name) => {
    const result = patTokenResultSchema.parse(exampleBody(`tokens/7.1/httpExamples/Pats/${name}.json`))
    expect(result.patTokenError).toBe('none')
    expect(result.patToken?.pat.authorizationId).toMatch(/^[0-9a-f-]{36}$/)
    expect(result.patToken?.token === null).toBe(name !== 'CreatePat')
  })
})

describe.skipIf(!present)('the models of core have no field that the service does not know', () => {
  /** Beside a time stands its raw text, which is ours. */
  const ownFields = /Text$/

  it.each([
    ['GraphUser', 'graph/7.1/graph.json', Object.keys(graphUserSchema.parse({ descriptor: 'aad.x' }))],
    [
      'GraphServicePrincipal',
      'graph/7.1/graph.json',
      Object.keys(graphServicePrincipalSchema.parse({ descriptor: 'aadsp.x' })),
    ],
    ['SessionToken', 'tokenAdmin/7.1/tokenAdmin.json', Object.keys(sessionTokenSchema.parse({ authorizationId: 'x' }))],
    ['PatToken', 'tokens/7.1/tokens.json', Object.keys(personalTokenSchema.parse({ authorizationId: 'x' }))],
  ])('%s', (definition, path, fields) => {
    const known = fieldsOf(path, definition)
    expect(known.length).toBeGreaterThan(3)
    expect(fields.filter((field) => !ownFields.test(field) && !known.includes(field))).toEqual([])
  })
})
