import { createTestClock, startEmulator } from '@patkit/emulator'
import { expect, onTestFinished, test } from 'vitest'
import { AuthClient, AZURE_DEVOPS_SCOPE, DevOpsClient, singleTenant } from '../../src/index.js'
import { collect, failureOf } from '../world.js'
import { expectSignedIn, redirectUri, sampleIds, sampleSecret, SignInBrowser } from './support/world.js'

/** Both halves of the emulator at one address, and somebody of the organization who may sign in. */
async function startBoth() {
  const clock = createTestClock(new Date().toISOString())
  const emulator = await startEmulator({ clock, users: 30 })
  onTestFinished(() => emulator.close())
  const auth = new AuthClient({
    authority: singleTenant({ tenant: 'contoso.onmicrosoft.com' }),
    clientId: sampleIds.singleTenantClient,
    credential: { secret: sampleSecret },
    redirectUri,
    // By the name the Azure DevOps half goes by; the sign-in half calls itself localhost.
    emulator: { origin: emulator.url },
    clock,
  })
  const signIn = async (person: string) => {
    const { url, transaction } = await auth.startSignIn({ scopes: [AZURE_DEVOPS_SCOPE] })
    const end = await new SignInBrowser(emulator.url.replace('127.0.0.1', 'localhost')).signIn(
      url.replace('127.0.0.1', 'localhost'),
      { person },
    )
    return expectSignedIn(await auth.finishSignIn(end.url, transaction)).account
  }
  const devops = (account: Awaited<ReturnType<typeof signIn>>) =>
    new DevOpsClient({
      organization: emulator.organization,
      baseUrl: emulator.url,
      credential: auth.credentialFor(account),
      clock,
    })
  return { auth, clock, devops, emulator, signIn }
}

test('somebody who signed in works with Azure DevOps, beyond the life of one access token', async () => {
  const { clock, devops, emulator, signIn } = await startBoth()
  const administrator = emulator.data.find('administrator')
  const account = await signIn(administrator?.principalName ?? '')
  const client = devops(account)

  const users = await collect(client.users.list())
  await clock.advance(2 * 60 * 60_000)
  const mine = await collect(client.pats.list())

  expect(users.length).toBeGreaterThan(10)
  expect(mine).toBeInstanceOf(Array)
  expect(emulator.identity.requests.list('token').map(({ grantType }) => grantType)).toEqual([
    'authorization_code',
    'refresh_token',
  ])
})

test('an iterator tells that the person has to sign in again, with the scopes to ask for', async () => {
  const { auth, clock, devops, signIn, emulator } = await startBoth()
  const account = await signIn(emulator.data.find('administrator')?.principalName ?? '')
  await auth.signOut(account)
  await clock.advance(60 * 60_000)

  const error = await failureOf(collect(devops(account).users.list()))

  expect(error).toMatchObject({ code: 'PATKIT_INTERACTION_REQUIRED', scopes: [AZURE_DEVOPS_SCOPE] })
})
