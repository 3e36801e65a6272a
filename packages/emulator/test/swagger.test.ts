/**
 * Holds the emulator's answers against the service's own description: the swagger files and the examples beside them. They are not
 * part of this repository; without them the tests say that they were skipped, and fail where everything has to be there (CI).
 */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { createTestClock, type PersonKind, type PersonSpec, type TokenSpec } from '../src/index.js'
import { adminVersion, graphVersion, type Reply, startWorld, tokensVersion } from './world.js'

const specs = fileURLToPath(new URL('../../../../shared/specs/azure-devops/', import.meta.url))
const arePresent = existsSync(specs)

if (!arePresent) {
  if (process.env['CI'] === 'true') {
    throw new Error(
      'the swagger files are missing (../shared/specs/azure-devops beside the repository); they are needed with CI=true',
    )
  }
  console.warn(
    'SKIPPED: the emulator is not compared with the swagger, because ../shared/specs/azure-devops is not there',
  )
}

type Json = Readonly<Record<string, unknown>>

// The files begin with a byte order mark.
const read = (file: string): Json => JSON.parse(readFileSync(`${specs}${file}`, 'utf8').replace(/^\uFEFF/, '')) as Json

interface Schema {
  readonly $ref?: string
  readonly type?: string
  readonly format?: string
  readonly enum?: readonly string[]
  readonly items?: Schema
  readonly allOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
}

interface Swagger {
  readonly definitions: Readonly<Record<string, Schema>>
}

const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i
const dateTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,7})?Z?$/

/** What in a value is not as a schema says. `null` is, everywhere: the service writes it for what it has not. */
function differences(swagger: Swagger, schema: Schema, value: unknown, at: string): string[] {
  if (value === null) return []
  if (schema.$ref === '#/definitions/ReferenceLinks') return linkDifferences(value, at)
  if (schema.$ref !== undefined) return differences(swagger, definition(swagger, schema.$ref), value, at)
  if (schema.enum !== undefined && !schema.enum.includes(value as string))
    return [`${at}: ${JSON.stringify(value)} is not declared`]
  switch (schema.type) {
    case 'string':
      return textDifferences(schema, value, at)
    case 'boolean':
      return typeof value === 'boolean' ? [] : [`${at} is no boolean`]
    case 'array':
      if (!Array.isArray(value)) return [`${at} is no array`]
      return value.flatMap((item, index) => differences(swagger, schema.items ?? {}, item, `${at}[${index}]`))
    case 'object':
      return objectDifferences(swagger, schema, value, at)
    default:
      return []
  }
}

/** Declared as an object around the links, and written as the links themselves, here as in the service's examples. */
function linkDifferences(value: unknown, at: string): string[] {
  const links = Object.entries(value as Readonly<Record<string, { readonly href?: unknown }>>)
  return links.flatMap(([name, { href }]) => (typeof href === 'string' ? [] : [`${at}.${name} has no href`]))
}

function textDifferences({ format }: Schema, value: unknown, at: string): string[] {
  if (typeof value !== 'string') return [`${at} is no text`]
  if (format === 'uuid' && !uuid.test(value)) return [`${at} is no uuid: ${value}`]
  return format === 'date-time' && !dateTime.test(value) ? [`${at} is no time: ${value}`] : []
}

function objectDifferences(swagger: Swagger, schema: Schema, value: unknown, at: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${at} is no object`]
  const properties = propertiesOf(swagger, schema)
  if (Object.keys(properties).length === 0) return []
  return Object.entries(value).flatMap(([name, field]) => {
    const declared = properties[name]
    return declared === undefined
      ? [`${at}.${name} is not declared`]
      : differences(swagger, declared, field, `${at}.${name}`)
  })
}

function definition({ definitions }: Swagger, reference: string): Schema {
  const found = definitions[reference.replace('#/definitions/', '')]
  if (found === undefined) throw new Error(`${reference} is not in the swagger`)
  return found
}

function propertiesOf(swagger: Swagger, schema: Schema): Readonly<Record<string, Schema>> {
  const inherited = (schema.allOf ?? []).map((base) =>
    propertiesOf(swagger, base.$ref === undefined ? base : definition(swagger, base.$ref)),
  )
  return Object.assign({}, ...inherited, schema.properties) as Readonly<Record<string, Schema>>
}

/** The body of an example's answer with this status. */
function exampleBody(file: string, status: number): Json {
  const { responses } = read(file) as { responses: Readonly<Record<string, { body?: Json }>> }
  const answer = responses[String(status)]
  if (answer === undefined) throw new Error(`${file} has no answer of status ${status}`)
  return answer.body ?? {}
}

const exampleRequest = (file: string): unknown => (read(file) as { parameters: { body: unknown } }).parameters.body

const valuesOf = (body: Json): Json[] => body['value'] as Json[]

const kindsByPrefix: Readonly<Record<string, PersonKind>> = {
  aad: 'member',
  msa: 'personal-account',
  svc: 'build-service',
  acs: 'local-authority',
  aadsp: 'service-principal',
}

/** A person as an example shows one. */
function personOf(example: Json): PersonSpec {
  const { descriptor } = example as { descriptor: string }
  const kind = kindsByPrefix[descriptor.slice(0, descriptor.indexOf('.'))]
  if (kind === undefined) throw new Error(`${descriptor} is of no known kind`)
  const text = (name: string): string | null => (example[name] ?? null) as string | null
  return {
    kind,
    descriptor,
    displayName: text('displayName'),
    principalName: text('principalName'),
    mailAddress: text('mailAddress'),
    originId: text('originId'),
    domain: text('domain'),
    metaType: text('metaType'),
    directoryAlias: text('directoryAlias'),
    tokens: [],
    ...('applicationId' in example ? { extra: { applicationId: example['applicationId'] } } : {}),
  }
}

/** A token as an example shows one. */
const tokenOf = (example: Json): TokenSpec => ({
  authorizationId: example['authorizationId'] as string,
  displayName: example['displayName'] as string | null,
  scope: example['scope'] as string | null,
  targetAccounts: example['targetAccounts'] as string[] | null,
  validFrom: example['validFrom'] as string,
  validTo: example['validTo'] as string,
  ...('isValid' in example ? { isValid: example['isValid'] as boolean } : {}),
})

/** An answer with the addresses that the service itself would have written. */
const withServiceHosts = ({ text }: Reply, url: string): Json =>
  JSON.parse(
    text
      .replaceAll(`${url}/Fabrikam/_apis/GraphProfile`, 'https://dev.azure.com/Fabrikam/_apis/GraphProfile')
      .replaceAll(url, 'https://vssps.dev.azure.com'),
  ) as Json

describe.runIf(arePresent)('startEmulator() beside the examples of the service', () => {
  test('lists the users of the example as the example does', async () => {
    const example = exampleBody('graph/7.1/httpExamples/Users/GetAllUsers.json', 200)
    const { emulator, send } = await startWorld({ organization: 'Fabrikam', people: valuesOf(example).map(personOf) })
    const reply = await send(`graph/users?${graphVersion}`)
    expect(reply.status).toBe(200)
    expect(withServiceHosts(reply, emulator.url)).toEqual(example)
  })

  test('gets one user as the example does', async () => {
    const example = exampleBody('graph/7.1/httpExamples/Users/GetUserAAD.json', 200)
    const { emulator, send } = await startWorld({
      organization: 'Fabrikam',
      people: [personOf({ ...example, metaType: null })],
    })
    const reply = await send(`graph/Users/${String(example['descriptor'])}?${graphVersion}`)
    expect(withServiceHosts(reply, emulator.url)).toEqual(example)
  })

  test('lists service principals as the example does', async () => {
    const example = exampleBody('graph/7.1/httpExamples/ServicePrincipals/GetAllServicePrincipals.json', 200)
    const { emulator, send } = await startWorld({ organization: 'Fabrikam', people: valuesOf(example).map(personOf) })
    const reply = await send(`graph/ServicePrincipals?${graphVersion}`)
    expect(withServiceHosts(reply, emulator.url)).toEqual(example)
  })

  test("lists a user's tokens for an administrator as the example does", async () => {
    const file =
      'tokenAdmin/7.1/httpExamples/personalAccessTokens/GetPersonalAccessTokensForAUserInYourOrganization.json'
    const example = exampleBody(file, 200)
    const descriptor = 'msa.MjcwYjYwYzMtZThiMy03MGU1LWFjZDYtYzM5Zjk3ZDZmYTRh'
    const storageKey = valuesOf(example)[0]?.['userId'] as string
    const { send } = await startWorld({
      people: [{ kind: 'personal-account', descriptor, storageKey, tokens: valuesOf(example).map(tokenOf) }],
    })
    const reply = await send(`TokenAdmin/PersonalAccessTokens/${descriptor}?pageSize=20&${adminVersion}`)
    expect(reply.status).toBe(200)
    expect(reply.json).toEqual(example)
  })

  test('takes the revocations of the example', async () => {
    const file = 'tokenAdmin/7.1/httpExamples/revocations/RevokeAuthorizations.json'
    const { send } = await startWorld()
    const reply = await send(`TokenAdmin/Revocations?${adminVersion}`, { method: 'POST', body: exampleRequest(file) })
    expect([reply.status, reply.text]).toEqual([204, ''])
    expect(exampleBody(file, 204)).toEqual({})
  })

  test('takes the revocation rule of the example', async () => {
    const file = 'tokenAdmin/7.1/httpExamples/revocationRules/RevokeSelfDescribingSessionTokensForATimeAndScope.json'
    const { emulator, send } = await startWorld()
    const reply = await send(`TokenAdmin/RevocationRules?${adminVersion}`, {
      method: 'POST',
      body: exampleRequest(file),
    })
    expect([reply.status, reply.text]).toEqual([201, ''])
    expect(exampleBody(file, 201)).toEqual({})
    expect(emulator.data.revocationRules).toEqual([
      { scopes: ['vso.code', 'vso.packaging'], createdBeforeMs: Date.parse('2018-07-18T00:51:26.555-07:00') },
    ])
  })

  describe('with the personal access tokens of the examples', () => {
    const examples = 'tokens/7.1/httpExamples/Pats'
    const personWithTokens = (): PersonSpec => ({
      principalName: 'owner@fabrikam.example',
      tokens: (exampleBody(`${examples}/ListPats.json`, 200)['patTokens'] as Json[]).map(tokenOf),
    })
    const startWithTokens = async () => {
      const clock = createTestClock('2020-11-02T22:56:52.103Z')
      const world = await startWorld({ clock, people: [personWithTokens()] })
      return { ...world, authorization: `Bearer ${world.emulator.tokenFor('owner@fabrikam.example')}` }
    }

    test('lists them as the example does', async () => {
      const { send, authorization } = await startWithTokens()
      const reply = await send(`Tokens/Pats?${tokensVersion}`, { authorization })
      expect(reply.json).toEqual(exampleBody(`${examples}/ListPats.json`, 200))
    })

    test('gets one as the example does', async () => {
      const { send, authorization } = await startWithTokens()
      // The example asks for another id than it answers with; the one it answers with is asked for here.
      const example = exampleBody(`${examples}/GetPat.json`, 200) as { patToken: { authorizationId: string } }
      const reply = await send(`Tokens/Pats?authorizationId=${example.patToken.authorizationId}&${tokensVersion}`, {
        authorization,
      })
      expect(reply.json).toEqual(example)
    })

    test('creates one as the example does', async () => {
      const { emulator, send, authorization } = await startWithTokens()
      const file = `${examples}/CreatePat.json`
      const reply = await send(`Tokens/Pats?${tokensVersion}`, {
        method: 'POST',
        authorization,
        body: exampleRequest(file),
      })
      const example = exampleBody(file, 200) as { patToken: Json }
      expect(reply.json).toEqual({
        ...example,
        patToken: {
          ...example.patToken,
          targetAccounts: [emulator.data.organizationId],
          authorizationId: expect.stringMatching(uuid) as string,
          token: expect.stringMatching(/^.{76}AZDO.{4}$/) as string,
        },
      })
    })

    test('updates one as the example does', async () => {
      const { send, authorization } = await startWithTokens()
      const file = `${examples}/UpdatePat.json`
      const reply = await send(`Tokens/Pats?${tokensVersion}`, {
        method: 'PUT',
        authorization,
        body: exampleRequest(file),
      })
      expect(reply.json).toEqual(exampleBody(file, 200))
    })

    test('revokes one as the example does', async () => {
      const { send, authorization } = await startWithTokens()
      const id = personWithTokens().tokens
      if (!Array.isArray(id)) throw new Error('the example has no tokens')
      const [first] = id as readonly TokenSpec[]
      const reply = await send(`Tokens/Pats?authorizationId=${first?.authorizationId ?? ''}&${tokensVersion}`, {
        method: 'DELETE',
        authorization,
      })
      expect([reply.status, reply.text]).toEqual([204, ''])
      expect(exampleBody(`${examples}/RevokePat.json`, 204)).toEqual({})
    })
  })
})

describe.runIf(arePresent)('startEmulator() beside the swagger of the service', () => {
  const swagger = (file: string): Swagger => read(file) as unknown as Swagger

  test('sends users and service principals with declared fields of declared types only', async () => {
    const graph = swagger('graph/7.1/graph.json')
    const { send } = await startWorld({ users: 300 })
    const users = valuesOf((await send(`graph/users?${graphVersion}`)).json as Json)
    expect(users).toHaveLength(300)
    expect(
      users.flatMap((user, at) => differences(graph, { $ref: '#/definitions/GraphUser' }, user, `users[${at}]`)),
    ).toEqual([])
    const principals = valuesOf((await send(`graph/serviceprincipals?${graphVersion}`)).json as Json)
    expect(principals.length).toBeGreaterThan(0)
    const schema = { $ref: '#/definitions/GraphServicePrincipal' }
    expect(principals.flatMap((principal, at) => differences(graph, schema, principal, `[${at}]`))).toEqual([])
  })

  test('sends session tokens with declared fields of declared types only', async () => {
    const tokenAdmin = swagger('tokenAdmin/7.1/tokenAdmin.json')
    const { emulator, send } = await startWorld({ users: 100 })
    const schema = { $ref: '#/definitions/TokenAdminPagedSessionTokens' }
    let tokens = 0
    for (const { descriptor } of emulator.data.people()) {
      const page = (await send(`tokenadmin/personalaccesstokens/${descriptor}?${adminVersion}`)).json as Json
      expect(differences(tokenAdmin, schema, page, descriptor)).toEqual([])
      tokens += valuesOf(page).length
    }
    expect(tokens).toBeGreaterThan(200)
  })

  test('sends personal access tokens with declared fields of declared types only, in success and in failure', async () => {
    const tokens = swagger('tokens/7.1/tokens.json')
    const { send } = await startWorld()
    const list = (await send(`tokens/pats?displayFilterOption=all&${tokensVersion}`)).json as Json
    expect(list['patTokens']).not.toEqual([])
    expect(differences(tokens, { $ref: '#/definitions/PagedPatTokens' }, list, 'list')).toEqual([])
    const bodies = [
      { displayName: 'good', scope: 'vso.code', validTo: '2026-03-20T00:00:00Z' },
      { displayName: '' },
      { displayName: 'bad scope', scope: 'vso.nothing' },
      { displayName: 'late', scope: 'vso.code', validTo: '2046-03-20T00:00:00Z' },
      { displayName: 'past', scope: 'vso.code', validTo: '2020-03-20T00:00:00Z' },
    ]
    for (const body of bodies) {
      const { json } = await send(`tokens/pats?${tokensVersion}`, { method: 'POST', body })
      expect(differences(tokens, { $ref: '#/definitions/PatTokenResult' }, json, JSON.stringify(body))).toEqual([])
    }
  })

  test.each([
    ['tokenAdmin/7.1/tokenAdmin.json', 'paths'],
    ['tokens/7.1/tokens.json', 'paths'],
    ['tokens/7.1/tokens.json', 'x-ms-paths'],
  ])('knows every address and method of %s (%s)', async (file, section) => {
    const { emulator, send } = await startWorld()
    const paths = read(file)[section] as Readonly<Record<string, Readonly<Record<string, unknown>>>>
    const [person] = emulator.data.people()
    for (const [path, methods] of Object.entries(paths)) {
      const address = path
        .replace('/{organization}/_apis/', '')
        .replace('{subjectDescriptor}', person?.descriptor ?? '')
        .replace('?', '')
      for (const method of Object.keys(methods)) {
        const { status } = await send(`${address}?api-version=7.1-preview.1`, { method: method.toUpperCase() })
        // Without a body or an id the service refuses, but it is there.
        expect([200, 400, 415], `${method} ${path}`).toContain(status)
      }
    }
  })
})
