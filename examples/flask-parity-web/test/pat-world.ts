import type { EmulatorOptions, JournalEntry, TokenSpec } from '@patkit/emulator'
import type { Answer, TestBrowser } from '@patkit/example-kit/test'
import { startWorld, type World, type WorldOptions } from './world.js'

const day = 86_400_000

/** A time so many days from now. */
export const inDays = (days: number): Date => new Date(Date.now() + days * day)

/** Ids of Ada's tokens, by what they are. */
export const ids = {
  code: 'aaaaaaaa-0000-4000-8000-000000000001',
  expiring: 'aaaaaaaa-0000-4000-8000-000000000002',
  expired: 'aaaaaaaa-0000-4000-8000-000000000003',
  revoked: 'aaaaaaaa-0000-4000-8000-000000000004',
  full: 'aaaaaaaa-0000-4000-8000-000000000005',
  everywhere: 'aaaaaaaa-0000-4000-8000-000000000006',
  bobs: 'bbbbbbbb-0000-4000-8000-000000000001',
  unknown: 'cccccccc-0000-4000-8000-000000000001',
} as const

const adasTokens: readonly TokenSpec[] = [
  token(ids.code, 'deploy script', 'vso.code vso.build', { from: -1, to: 40 }),
  token(ids.expiring, 'soon over', 'vso.wiki', { from: -30, to: 3 }),
  token(ids.expired, 'long gone', 'vso.work', { from: -90, to: -5 }),
  { ...token(ids.revoked, 'leaked one', 'vso.packaging', { from: -20, to: 30 }), revoked: true },
  token(ids.full, 'may do all', 'app_token', { from: -2, to: 20 }),
  { ...token(ids.everywhere, 'everywhere', 'vso.project', { from: -3, to: 25 }), targetAccounts: null },
]

function token(
  authorizationId: string,
  displayName: string,
  scope: string,
  days: { readonly from: number; readonly to: number },
): TokenSpec {
  return { authorizationId, displayName, scope, validFrom: inDays(days.from), validTo: inDays(days.to) }
}

/** Sign-in name of an administrator with a token of each kind, and of a member with one. */
export const [ada, bob] = ['ada@fabrikam.example', 'bob@fabrikam.example'] as const

/** An organization of two people. */
export function startPatWorld(
  options: WorldOptions & { readonly tokens?: readonly TokenSpec[]; readonly emulator?: EmulatorOptions } = {},
): Promise<World> {
  const { tokens = adasTokens, emulator = {}, ...others } = options
  return startWorld({
    ...others,
    emulator: {
      people: [
        { displayName: 'Ada', principalName: ada, isAdministrator: true, tokens },
        {
          displayName: 'Bob',
          principalName: bob,
          tokens: [token(ids.bobs, 'of Bob', 'vso.code', { from: -1, to: 30 })],
        },
      ],
      users: 2,
      ...emulator,
    },
  })
}

/** The hidden fields of the form on a page: what proves where it comes from, and that it was not sent before. */
export function hiddenFields({ body }: Answer): Record<string, string> {
  const main = body.slice(body.indexOf('<main'))
  const fields = [...main.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g)]
  const [csrf] = [...body.matchAll(/name="_csrf" value="([^"]+)"/g)]
  return {
    _csrf: csrf?.[1] ?? '',
    ...Object.fromEntries(fields.map(([, name = '', value = '']) => [name, unescaped(value)])),
    returnTo: '',
  }
}

/** What a page says, without its tags. */
export function textOf({ body }: Answer): string {
  const main = body.slice(body.indexOf('<main'), body.indexOf('</main>'))
  return unescaped(main.replace(/<[^>]*>/g, ' ')).replace(/\s+/g, ' ')
}

export function unescaped(html: string): string {
  return html
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, '&')
}

/** The secret that a page shows, as the service makes them. */
export function secretIn({ body }: Answer): string | undefined {
  return /<code data-secret[^>]*>([A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4})<\/code>/.exec(body)?.[1]
}

/** Opens the form of a new token, fills it in and sends it. */
export async function sendNew(
  browser: TestBrowser,
  entered: Readonly<Record<string, string>>,
  path = '/pats',
): Promise<Answer> {
  const form = hiddenFields(await browser.open('/pats/new'))
  return browser.submit(path, { ...form, ...usual, ...entered })
}

/** What is entered of a token unless a test is about it. */
export const usual = {
  displayName: 'made here',
  access: 'scopes',
  scope: 'vso.code',
  expiry: '30',
  organizations: 'this',
} as const

/** Everything the service was asked to change. */
export function changesSent(
  world: World,
): readonly { readonly method: string; readonly body: unknown; readonly id?: string }[] {
  return world.emulator.journal.requests.filter(isChange).map(({ method, body, query }) => ({
    method,
    body: body === undefined || body === '' ? undefined : (JSON.parse(body) as unknown),
    ...(query['authorizationId'] === undefined ? {} : { id: query['authorizationId'] }),
  }))
}

function isChange({ method, path }: JournalEntry): boolean {
  return method !== 'GET' && path.includes('/_apis/tokens/pats')
}

/** Ada's tokens as the service has them. */
export function tokenNamed(world: World, name: string) {
  return world.emulator.data.tokensOf(ada).filter(({ displayName }) => displayName === name)
}
