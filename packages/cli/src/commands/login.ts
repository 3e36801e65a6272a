import type { Clock, TokenCredential } from '@patkit/core'
import type { Command } from 'commander'
import { CommandError, signInError, usageError } from '../command-error.js'
import { canAsk } from '../confirm.js'
import { azCommand } from '../credential.js'
import { exitCodes, type ExitCode } from '../exit-codes.js'
import { isSdkError } from '../failure.js'
import { shortPath } from '../folders.js'
import { variable, type Io } from '../io.js'
import { addListOptions, listFormatOf, printOne, type ListFormat, type RawListOptions } from '../listing.js'
import {
  applicationClient,
  certificateProof,
  GRAPH_APPLICATIONS_SCOPE,
  keepProof,
  personCredential,
  resolvedFile,
  type ApplicationProof,
  type Guide,
  type LoginPlace,
} from '../login.js'
import { loginShape, type LoginLine } from '../login-shape.js'
import { prepareLogin, type LoginMethod, type LoginRecord, type NewLogin } from '../login-store.js'
import { openUrl } from '../open-url.js'
import { runWork } from '../run.js'
import { askHidden, readPipedSecret, type PipedSecret } from '../secret-input.js'
import type { Talk } from '../talk.js'
import { styled } from '../terminal.js'
import type { CommandContext, CommandPart } from '../context.js'

interface RawLoginOptions extends RawListOptions {
  readonly tenant?: string
  readonly clientId?: string
  readonly browser?: true
  readonly clientSecretStdin?: true
  readonly certificate?: string
  readonly passphraseStdin?: true
  readonly graph?: true
  readonly emulator?: string
  readonly quiet?: true
}

function addLoginOptions(command: Command): Command {
  return addListOptions(
    command
      .option('--tenant <tenant>', 'tenant id or domain (or PATKIT_TENANT); without it: organizations, any of them')
      .option('--client-id <id>', 'application (client) id of the app registration (or PATKIT_CLIENT_ID)')
      .option('--browser', 'sign in with the browser of this machine; without it: by a code, on any device')
      .option('--client-secret-stdin', 'sign in as the application; its secret comes from standard input')
      .option('--certificate <file>', 'sign in as the application, by a PEM file with certificate and private key')
      .option('--passphrase-stdin', 'with --certificate: the passphrase of its private key comes from standard input')
      .option('--graph', 'also for Microsoft Graph, which app create and app delete need')
      .option('--emulator <url>', 'sign in at an emulator on this machine'),
  ).option('--quiet', 'say nothing but what somebody has to act on')
}

function runLogin(command: Command, context: CommandContext): Promise<ExitCode> {
  const raw = command.opts<RawLoginOptions>()
  return runWork(raw, context, async (talk) => {
    const { io } = context
    const format = listFormatOf(raw, io.stdout)
    const method = methodOf(raw)
    const place = placeOf(raw, method, io)
    const clock = io.clock ?? (await import('@patkit/core')).systemClock
    const attempt = { raw, method, place, clock, talk, context }
    const proof = await proofOf(attempt)
    const login = await prepareLogin(io, clock)
    try {
      const record = await (proof === undefined
        ? signInPerson(attempt, login)
        : signInApplication(attempt, login, proof))
      await login.keep(record)
      await tell({ ...record, key: login.key }, login.directory, attempt, format)
      return exitCodes.complete
    } catch (error) {
      await login.discard().catch(() => undefined)
      throw error
    }
  })
}

/** One sign-in, as it was asked for. */
interface Attempt {
  readonly raw: RawLoginOptions
  readonly method: LoginMethod
  readonly place: LoginPlace
  readonly clock: Clock
  readonly talk: Talk
  readonly context: CommandContext
}

type SignedIn = Omit<LoginRecord, 'cache' | 'key'>

function methodOf({ browser, clientSecretStdin, certificate, passphraseStdin }: RawLoginOptions): LoginMethod {
  const ways = [
    ...(browser === true ? (['browser'] as const) : []),
    ...(clientSecretStdin === true ? (['client-secret'] as const) : []),
    ...(certificate === undefined ? [] : (['certificate'] as const)),
  ]
  if (ways.length > 1) {
    throw usageError('--browser, --client-secret-stdin and --certificate exclude each other.', 'Give one of them.')
  }
  if (passphraseStdin === true && certificate === undefined) {
    throw usageError(
      '--passphrase-stdin is for the private key of --certificate.',
      'Add --certificate FILE, or leave it out.',
    )
  }
  return ways[0] ?? 'device-code'
}

function placeOf(raw: RawLoginOptions, method: LoginMethod, { env }: Io): LoginPlace {
  const clientId = raw.clientId ?? variable(env, 'PATKIT_CLIENT_ID')
  const tenant = raw.tenant ?? variable(env, 'PATKIT_TENANT')
  if (clientId === undefined) throw usageError('The client id is missing.', whereToGetAnId(raw))
  if (tenant?.toLowerCase() === 'consumers') {
    throw usageError(
      '--tenant: Azure DevOps takes no tokens of personal accounts by themselves.',
      'Leave --tenant out, or give the id or domain of a tenant that the account is a guest of.',
    )
  }
  const isApplication = method === 'client-secret' || method === 'certificate'
  if (isApplication && (tenant === undefined || /^(?:organizations|common)$/i.test(tenant))) {
    throw usageError(
      'An application signs in at one tenant.',
      'Give --tenant with its id or domain (or set PATKIT_TENANT).',
    )
  }
  return {
    clientId,
    tenant: tenant ?? 'organizations',
    ...(raw.emulator === undefined ? {} : { emulator: originOf(raw.emulator) }),
  }
}

function whereToGetAnId({ emulator }: RawLoginOptions): string {
  if (emulator !== undefined) return 'Add --client-id with the id that patkit emulator printed.'
  return (
    'Register an application with patkit app create --command-line, then give --client-id ID (or once: patkit config set client-id ID). ' +
    `With the Azure CLI there is no need for either: az login, then set PATKIT_TOKEN_COMMAND to ${azCommand}`
  )
}

/** An address that was copied with a slash at its end is meant all the same; whether it is of this machine core decides. */
function originOf(emulator: string): string {
  return emulator.replace(/\/$/, '')
}

/** What proves an application; `undefined` for a person. */
async function proofOf(attempt: Attempt): Promise<ApplicationProof | undefined> {
  const { method, context } = attempt
  const { io, redactor, interrupt } = context
  if (method === 'certificate') return certificateOf(attempt)
  if (method !== 'client-secret') return undefined
  const secret = await readPipedSecret(clientSecret, io, interrupt.signal)
  redactor.add(secret)
  return { secret }
}

async function certificateOf({ raw, talk, context }: Attempt): Promise<ApplicationProof> {
  const file = raw.certificate ?? ''
  if (file.trim() === '') throw usageError('--certificate names an empty file.', 'Give a PEM file.')
  const quoted = JSON.stringify(file)
  const proof = await certificateProof(resolvedFile(context.io.cwd, file), file, {
    passphrase: () => readPassphrase(file, raw, context),
    refused: () =>
      usageError(
        `The passphrase does not open the private key of ${quoted}.`,
        'Type it again, or look at what was piped in.',
      ),
  })
  if (raw.passphraseStdin === true && !('passphrase' in proof)) {
    talk.notice(styled('yellow', 'Note: '), `the private key of ${quoted} is not encrypted; no passphrase was read.`)
  }
  return proof
}

const clientSecret: PipedSecret = {
  option: '--client-secret-stdin',
  what: 'client secret',
  file: 'secret.txt',
  pattern: /^[\x21-\x7e]{1,1024}$/,
}

const passphrase: PipedSecret = {
  option: '--passphrase-stdin',
  what: 'passphrase',
  file: 'passphrase.txt',
  pattern: /^\P{Cc}{1,1024}$/u,
}

async function readPassphrase(file: string, raw: RawLoginOptions, { io, interrupt }: CommandContext): Promise<string> {
  if (raw.passphraseStdin === true) return readPipedSecret(passphrase, io, interrupt.signal)
  const typed = canAsk(io) ? await askHidden(`Passphrase of the private key of ${file}:`, io, interrupt) : ''
  if (typed !== '') return typed
  throw usageError(
    `The private key of ${JSON.stringify(file)} is encrypted, and its passphrase is missing.`,
    'Type it when you are asked for it at a terminal, or add --passphrase-stdin and pipe it in.',
  )
}

async function signInPerson({ raw, method, place, clock, talk, context }: Attempt, login: NewLogin): Promise<SignedIn> {
  const { AZURE_DEVOPS_SCOPE } = await import('@patkit/core')
  const { interrupt, io } = context
  const guide = method === 'browser' ? browserGuide(io, talk) : deviceGuide(talk)
  const credential = await personCredential(place, login.store, guide, clock)
  const { signal } = interrupt
  const scope = raw.graph === true ? GRAPH_APPLICATIONS_SCOPE : AZURE_DEVOPS_SCOPE
  const account = await credential.signIn({ scopes: [scope], signal }).catch((error: unknown) => {
    throw notSignedIn(error)
  })
  // The same sign-in serves Azure DevOps, unless its permission was never given; that is said when it is needed.
  if (raw.graph === true) await tryToken(credential, AZURE_DEVOPS_SCOPE, talk, signal)
  return {
    ...place,
    method,
    who: account.username === '' ? account.objectId : account.username,
    name: account.name,
    tenantId: account.tenantId,
    signedInAt: new Date(clock.now()).toISOString(),
  }
}

async function tryToken(credential: TokenCredential, scope: string, talk: Talk, signal: AbortSignal): Promise<void> {
  try {
    await credential.getToken(scope, { abortSignal: signal })
  } catch (error) {
    if (!isSdkError(error) || error.code !== 'PATKIT_INTERACTION_REQUIRED') throw error
    talk.notice(
      styled('yellow', 'Note: '),
      'the sign-in is good for Microsoft Graph only; for Azure DevOps run patkit login without --graph.',
    )
  }
}

function deviceGuide(talk: Talk): Guide {
  return {
    method: 'device-code',
    show: ({ verificationUri, userCode, expiresInSeconds }) =>
      talk.notice(
        'To sign in, open ',
        styled('bold', verificationUri),
        ' on any device and enter the code ',
        styled('bold', userCode),
        ` (within ${Math.round(expiresInSeconds / 60)} minutes).`,
      ),
  }
}

function browserGuide(io: Io, talk: Talk): Guide {
  return {
    method: 'browser',
    openUrl: async (url) => {
      const isOpen = await openUrl(url, io)
      talk.notice(isOpen ? 'Your browser was opened to sign in. If no page came, open ' : 'To sign in, open ', url)
    },
  }
}

/** The person was there and it did not work: exit code 4 as whenever nobody is signed in, but the way is known already. */
function notSignedIn(error: unknown): unknown {
  if (!isSdkError(error)) return error
  if (error.message.includes('AADSTS50194')) {
    return new CommandError(error.message, {
      exitCode: exitCodes.failure,
      hint: 'Give --tenant with the id or domain of that organization (or once: patkit config set tenant TENANT).',
    })
  }
  return error.code === 'PATKIT_INTERACTION_REQUIRED' ? signInError(error.message, error.hint) : error
}

async function signInApplication(
  { raw, method, place, clock, context }: Attempt,
  login: NewLogin,
  proof: ApplicationProof,
): Promise<SignedIn> {
  const { AZURE_DEVOPS_SCOPE } = await import('@patkit/core')
  const { interrupt, io } = context
  const client = await applicationClient(place, proof, clock)
  // Tried at once: a secret that is not accepted must not be kept.
  const scope = raw.graph === true ? 'https://graph.microsoft.com/.default' : AZURE_DEVOPS_SCOPE
  await client.credentialForApplication().getToken(scope, { abortSignal: interrupt.signal })
  await keepProof(login.store, proof)
  return {
    ...place,
    method,
    who: place.clientId,
    signedInAt: new Date(clock.now()).toISOString(),
    ...(raw.certificate === undefined ? {} : { certificateFile: resolvedFile(io.cwd, raw.certificate) }),
  }
}

async function tell(
  record: SignedIn & Pick<LoginRecord, 'key'>,
  cache: string,
  { talk, context, method }: Attempt,
  format: ListFormat,
): Promise<void> {
  const { io } = context
  const { key } = record
  talk.note(styled('green', 'Signed in'), ` as ${record.who}${record.name === undefined ? '' : ` (${record.name})`}.`)
  if (key.kind === 'keychain') talk.note(`The tokens are encrypted; their key lies in ${key.name}.`)
  else {
    talk.notice(
      styled('yellow', 'Warning: '),
      `no keychain is at hand (${key.why}); the key to the encrypted tokens lies in ${shortPath(key.file, io)}, which you alone may read.`,
    )
  }
  if (method === 'client-secret' || method === 'certificate') {
    talk.notice(
      styled('yellow', 'Note: '),
      'Azure DevOps shows personal access tokens to people only: pats and revoke do not work for an application.',
    )
  }
  const shadow = shadowOf(io.env)
  if (shadow !== undefined) {
    talk.notice(
      styled('yellow', 'Note: '),
      `${shadow} is set and goes before this sign-in; unset it to use the sign-in.`,
    )
  }
  if (format === 'table') return
  const line: LoginLine = { ...record, accessTokenUntil: null, source: 'patkit login', cache }
  await printOne(line, format, loginShape, io)
}

/** The variable that wins over a kept sign-in. */
export function shadowOf(env: Io['env']): string | undefined {
  const names = ['PATKIT_TOKEN_COMMAND', 'PATKIT_ACCESS_TOKEN', 'AZURE_DEVOPS_EXT_PAT'] as const
  return names.find((name) => variable(env, name) !== undefined)
}

const loginHelp = `
The first time, register an application and keep its id:
  $ az login
  $ patkit app create --name patkit --command-line --token-command "az account get-access-token --resource-type ms-graph --query accessToken -o tsv"
  $ patkit config set client-id 00001111-aaaa-2222-bbbb-3333cccc4444
  $ patkit config set tenant contoso.onmicrosoft.com

Or stay with the Azure CLI, without patkit login:
  $ az login
  $ export PATKIT_TOKEN_COMMAND="${azCommand}"

Examples:
  By a code that you enter on any device:
  $ patkit login --tenant contoso.onmicrosoft.com --client-id 00001111-aaaa-2222-bbbb-3333cccc4444
  With the browser of this machine:
  $ patkit login --browser --client-id 00001111-aaaa-2222-bbbb-3333cccc4444
  As an application, in a pipeline:
  $ patkit login --client-secret-stdin --tenant contoso.onmicrosoft.com --client-id 00001111-aaaa-2222-bbbb-3333cccc4444 < secret.txt
  By a certificate; the passphrase of an encrypted key is asked for, or comes in a pipe:
  $ patkit login --certificate app.pem --tenant contoso.onmicrosoft.com --client-id 00001111-aaaa-2222-bbbb-3333cccc4444
  $ patkit login --certificate app.pem --passphrase-stdin --tenant contoso.onmicrosoft.com --client-id 00001111-aaaa-2222-bbbb-3333cccc4444 < passphrase.txt
  At an emulator; patkit emulator prints the whole line:
  $ patkit login --emulator http://localhost:5100 --client-id 00001111-aaaa-2222-bbbb-3333cccc4444

The app registration has to allow public client flows; with --browser it also needs the redirect URI http://localhost
(Mobile and desktop applications). patkit app create --command-line makes such a registration.

The tokens are kept encrypted. Their key lies in the keychain of the operating system; where there is none, or with
PATKIT_KEYCHAIN=off, in a file that you alone may read. A new sign-in takes the place of the one before once it has worked.

Other sources of an access token go first: --token-command, PATKIT_TOKEN_COMMAND, PATKIT_ACCESS_TOKEN, AZURE_DEVOPS_EXT_PAT.
`

/** `patkit login`. */
export const loginCommand: CommandPart = { addOptions: addLoginOptions, help: loginHelp, run: runLogin }
