import { describe, expect, it } from 'vitest'
import { createIdentityHalf, sampleDirectory, sampleIds } from '../../src/index.js'
import type { ClientSeed, IdentityOptions, PersonSeed, TenantSeed } from '../../src/index.js'

const make = (options: Partial<IdentityOptions>) =>
  createIdentityHalf({ origin: () => 'http://localhost:1', ...options })
const tenant = 'contoso.onmicrosoft.com'
const person = (change: Partial<PersonSeed> = {}): PersonSeed => ({
  tenant,
  userPrincipalName: 'kim@contoso.onmicrosoft.com',
  displayName: 'Kim',
  ...change,
})
const client = (change: Partial<ClientSeed> = {}): ClientSeed => ({
  clientId: 'c0ffee00-0000-4000-8000-000000000001',
  tenant,
  displayName: 'App',
  ...change,
})

describe('createIdentityHalf', () => {
  it.each<[string, Partial<IdentityOptions>, RegExp]>([
    [
      'a person of an unknown tenant',
      { people: [person({ tenant: 'nowhere' })] },
      /no tenant "nowhere".*contoso\.onmicrosoft\.com/,
    ],
    [
      'a person twice, in other case',
      { people: [person(), person({ userPrincipalName: 'KIM@contoso.onmicrosoft.com' })] },
      /is twice/,
    ],
    [
      'two people of one object id',
      {
        people: [
          person({ objectId: sampleIds.b2cApi }),
          person({ userPrincipalName: 'x', objectId: sampleIds.b2cApi }),
        ],
      },
      /is twice/,
    ],
    ['an object id that is none', { people: [person({ objectId: '12' })] }, /must be a GUID, not "12"/],
    ['a person without a name to sign in with', { people: [person({ userPrincipalName: ' ' })] }, /must not be empty/],
    [
      'a tenant id that is none',
      { tenants: [{ kind: 'entra', domain: 'x.example', id: 'x' }], people: [], clients: [], resources: [] },
      /must be a GUID, not "x"/,
    ],
    [
      'a tenant twice',
      { tenants: [...sampleDirectory().tenants, { kind: 'entra', domain: tenant }] },
      /another tenant has the id or the domain/,
    ],
    [
      'a kind of tenant that does not exist',
      { tenants: [{ kind: 'adfs' } as unknown as TenantSeed] },
      /must be entra, b2c or external-id/,
    ],
    ['a client id that is none', { clients: [client({ clientId: 'app' })] }, /must be a GUID, not "app"/],
    ['a client twice', { clients: [client(), client()] }, /registered already/],
    ['an empty secret', { clients: [client({ secrets: [{ value: '' }] })] }, /secret of .* is empty/],
    [
      'a redirect address that is none',
      { clients: [client({ redirectUris: ['/callback'] })] },
      /"\/callback" is not an absolute address/,
    ],
    [
      'a redirect address with a fragment',
      { clients: [client({ redirectUris: ['https://a.example/#x'] })] },
      /without a fragment/,
    ],
    [
      'a redirect address that is script',
      { clients: [client({ redirectUris: ['javascript:alert(1)'] })] },
      /not an absolute address/,
    ],
    ['a certificate that is none', { clients: [client({ certificates: ['MIIB'] })] }, /not in PEM form/],
    [
      'an API of an unknown tenant',
      { resources: [{ id: sampleIds.b2cApi, displayName: 'A', tenant: 'nowhere', scopes: [] }] },
      /no tenant "nowhere"/,
    ],
  ])('refuses %s', (_what, options, message) => {
    expect(() => make(options)).toThrow(TypeError)
    expect(() => make(options)).toThrow(message)
  })

  it('leaves the seeds it was given as they are', () => {
    const seeds = { people: [person()], clients: [client()] }
    const before = structuredClone(seeds)
    make(seeds)
    expect(seeds).toEqual(before)
  })

  it('gives the sample directory the same ids every time', () => {
    const names = (): unknown => [sampleDirectory(), make({}).findPeople('alice@contoso.onmicrosoft.com')]
    expect(names()).toEqual(names())
  })

  it('adds, finds and removes people and applications while it runs', () => {
    const identity = make({})
    const added = identity.addPerson(person())
    expect(identity.findPeople(added.objectId.toUpperCase())).toEqual([added])
    expect(identity.findPeople('KIM@contoso.onmicrosoft.com')).toEqual([added])
    identity.removePeople('kim@contoso.onmicrosoft.com')
    expect(() => identity.findPeople('kim@contoso.onmicrosoft.com')).toThrow(/no person/)
    identity.registerClient(client())
    expect(() => identity.registerClient(client())).toThrow(/registered already/)
    expect(() => identity.addSecret('c0ffee00-0000-4000-8000-00000000dead', { value: 'x' })).toThrow(/not registered/)
  })

  it('takes a guest, whose account at home names them in caches', async () => {
    const identity = make({
      people: [person({ home: { tenantId: sampleIds.fabrikamTenant, objectId: sampleIds.externalApi } })],
    })
    const check = await identity.verifyAccessToken(await identity.issueFor({ person: 'kim@contoso.onmicrosoft.com' }))
    expect(check).toMatchObject({ identity: { tenantId: sampleIds.contosoTenant } })
    expect(identity.findPeople('kim@contoso.onmicrosoft.com')[0]?.home.tenantId).toBe(sampleIds.fabrikamTenant)
  })

  it('stands in for every host of its tenants and clouds', () => {
    expect(make({}).hosts).toEqual(
      expect.arrayContaining([
        'login.microsoftonline.com',
        'login.windows.net',
        'login.microsoftonline.us',
        'login.partner.microsoftonline.cn',
        'fabrikamb2c.b2clogin.com',
        'login.fabrikam.example',
        'woodgrove.ciamlogin.com',
        `${sampleIds.externalTenant}.ciamlogin.com`,
        'login.woodgrove.example',
      ]),
    )
  })
})
