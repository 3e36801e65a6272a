import { get } from 'node:https'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  azureDevOpsResource,
  graphResource,
  sampleIds,
  startEmulator,
  type Emulator,
  type EmulatorOptions,
} from '../src/index.js'

async function start(options: EmulatorOptions = {}): Promise<Emulator> {
  const emulator = await startEmulator(options)
  onTestFinished(() => emulator.close())
  return emulator
}

const listUsers = (emulator: Emulator, token: string): Promise<Response> =>
  fetch(`${emulator.url}/${emulator.organization}/_apis/graph/users?api-version=7.1-preview.1`, {
    headers: { authorization: `Bearer ${token}` },
  })

describe('startEmulator', () => {
  it('serves the sign-in services beside Azure DevOps, at one address', async () => {
    const emulator = await start()
    const metadata = '/login.microsoftonline.com/common/v2.0/.well-known/openid-configuration'
    const discovery = (await (await fetch(`${emulator.url}${metadata}`)).json()) as Record<string, string>
    expect(discovery['issuer']).toBe('https://login.microsoftonline.com/{tenantid}/v2.0')
    expect(discovery['token_endpoint']).toMatch(/^http:\/\/localhost:\d+\/login\.microsoftonline\.com\//)
  })

  it('accepts an access token issued for Azure DevOps, as the person it was issued to', async () => {
    const emulator = await start()
    const administrator = emulator.data.find('administrator')?.principalName ?? ''
    const token = await emulator.identity.issueFor({ person: administrator })
    expect((await listUsers(emulator, token)).status).toBe(200)
    expect(emulator.journal.requests.at(-1)?.user).toBe(emulator.data.find('administrator')?.descriptor)
  })

  it('refuses a token for another API, of somebody who is not in the organization, and one whose key was withdrawn', async () => {
    const emulator = await start()
    const person = emulator.data.find('administrator')?.principalName ?? ''
    const forGraph = await emulator.identity.issueFor({ person, resource: graphResource })
    expect((await listUsers(emulator, forGraph)).status).toBe(401)
    const ofStranger = await emulator.identity.issueFor({ person: 'alice@contoso.onmicrosoft.com' })
    expect((await listUsers(emulator, ofStranger)).status).toBe(401)
    const withdrawn = await emulator.identity.issueFor({ person, resource: azureDevOpsResource })
    await emulator.identity.rotateKeys('withdrawn')
    expect((await listUsers(emulator, withdrawn)).status).toBe(401)
  })

  it('lets members of the organization be picked on the sign-in page', async () => {
    const emulator = await start()
    const page = new URL(`${emulator.url}/login.microsoftonline.com/${sampleIds.contosoTenant}/oauth2/v2.0/authorize`)
    const request = {
      client_id: sampleIds.singleTenantClient,
      redirect_uri: 'http://localhost:5000/getAToken',
      response_type: 'code',
      scope: 'openid',
    }
    for (const [name, value] of Object.entries(request)) page.searchParams.set(name, value)
    const text = await (await fetch(page)).text()
    expect(text).toContain(emulator.data.find('administrator')?.principalName)
    expect(text).toContain('alice@contoso.onmicrosoft.com')
  })

  it('keeps what is sent to a sign-in service out of its journal', async () => {
    const emulator = await start()
    const token = `${emulator.url}/login.microsoftonline.com/${sampleIds.contosoTenant}/oauth2/v2.0/token`
    const body = new URLSearchParams({
      client_id: sampleIds.singleTenantClient,
      client_secret: 'canary',
      grant_type: 'x',
    })
    expect((await fetch(token, { method: 'POST', body })).status).toBe(400)
    expect(JSON.stringify(emulator.journal.requests)).not.toContain('canary')
    expect(JSON.stringify(emulator.identity.requests.list())).not.toContain('canary')
  })

  it('takes a directory given by hand as it is', async () => {
    const emulator = await start({
      identity: {
        people: [{ tenant: sampleIds.contosoTenant, userPrincipalName: 'kim@contoso.example', displayName: 'Kim' }],
      },
      people: [{ principalName: 'kim@contoso.example', isAdministrator: true, originId: null }],
    })
    const token = await emulator.identity.issueFor({ person: 'kim@contoso.example' })
    expect((await listUsers(emulator, token)).status).toBe(200)
  })
})

describe('startEmulator with https', () => {
  /** Asks over TLS for a host by its real name, trusting the authority of this run only. */
  const ask = (
    emulator: Emulator,
    host: string,
    path: string,
    headers = {},
  ): Promise<{ status: number; text: string }> =>
    new Promise((resolve, reject) => {
      const { url, caPem } = emulator.https ?? { url: '', caPem: '' }
      const options = {
        host: '127.0.0.1',
        port: new URL(url).port,
        servername: host,
        ca: caPem,
        path,
        headers: { host, ...headers },
      }
      get(options, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      }).on('error', reject)
    })

  it('stands in for both services by their real names', async () => {
    const emulator = await start({ https: {} })
    const keys = await ask(emulator, 'login.microsoftonline.com', '/common/discovery/v2.0/keys')
    expect(keys.text).toContain('"kty":"RSA"')
    const users = await ask(emulator, 'vssps.dev.azure.com', '/fabrikam/_apis/graph/users?api-version=7.1-preview.1', {
      authorization: `Bearer ${emulator.tokenFor()}`,
    })
    expect(users.status).toBe(200)
  })
})
