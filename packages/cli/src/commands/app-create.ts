import type { Command } from 'commander'
import {
  addSecret,
  audiences,
  checkRedirectUri,
  createApplication,
  createServicePrincipal,
  deleteApplication,
  findByName,
  portalUrl,
  settling,
  type AppOrder,
  type Audience,
  type RegisteredApp,
  type Settle,
} from '../app-registration.js'
import { askForName, checkCare, willOf } from '../care.js'
import { CommandError, usageError } from '../command-error.js'
import { reserveEnvFile, type EnvEntry, type ReservedEnvFile } from '../env-file.js'
import { exitCodes, type ExitCode } from '../exit-codes.js'
import { UnknownOutcome, type Graph } from '../graph.js'
import { accessGraph, addGraphOptions, type GraphAccess, type RawGraphAccess } from '../graph-access.js'
import { programWords } from '../io.js'
import { addListOptions, listFormatOf, printOne, type ListShape, type RawListOptions } from '../listing.js'
import { collect, oneOf } from '../options.js'
import { nowOf, pointInTime } from '../point-in-time.js'
import { runWork } from '../run.js'
import type { Talk } from '../talk.js'
import { styled } from '../terminal.js'
import type { CommandContext, CommandPart } from '../context.js'

interface RawCreateOptions extends RawGraphAccess, RawListOptions {
  readonly name?: string
  readonly audience?: string
  readonly commandLine?: true
  readonly redirectUri?: readonly string[]
  readonly secretExpires?: string
  readonly settingsFile?: string
  readonly force?: true
  readonly yes?: true
  readonly dryRun?: true
}

const defaults = {
  audience: 'single',
  /** Where people come back to after signing in, and after signing out. */
  redirectUris: ['http://localhost:5000/getAToken', 'http://localhost:5000/'],
  loopback: 'http://localhost',
  secretExpires: '180d',
  envFile: '.env',
} as const

const audienceNames = Object.keys(audiences) as readonly Audience[]

function addCreateOptions(command: Command): Command {
  return addGraphOptions(
    addListOptions(
      command
        .option('--name <name>', 'name of the application, as people see it when they sign in')
        .option('--audience <audience>', `who may sign in: ${audienceNames.join(', ')}`, defaults.audience)
        .option('--command-line', 'for patkit login: a public client without a secret, instead of a web application')
        .option(
          '--redirect-uri <uri>',
          `where people come back to; may be repeated (default: ${defaults.redirectUris.join(' and ')}, with --command-line ${defaults.loopback})`,
          collect,
        )
        .option('--secret-expires <time>', 'end of the secret: 180d from now, 2027-01-31', defaults.secretExpires)
        // Not --env-file: Node takes that for its own wherever it stands, and ends when there is no such file yet (nodejs/node#54232).
        .option('--settings-file <file>', `where the settings of the web application go (default: ${defaults.envFile})`)
        .option('--force', 'replace that file if it exists')
        .option('--yes', 'act without asking; without it, and without a terminal to ask at, nothing is registered')
        .option('--dry-run', 'show what would be done, and ask nothing'),
    ),
  )
}

interface AppLine {
  readonly result: 'created' | 'would-be-created'
  readonly name: string
  readonly clientId: string | null
  readonly objectId: string | null
  readonly tenantId: string | null
  readonly audience: Audience
  readonly redirectUris: readonly string[]
  readonly secretEnds: string | null
  readonly envFile: string | null
  readonly portal: string | null
}

const fields: readonly (readonly [string, (line: AppLine) => string | null])[] = [
  ['Result', (line) => line.result.replaceAll('-', ' ')],
  ['Name', (line) => line.name],
  ['Client id', (line) => line.clientId],
  ['Tenant', (line) => line.tenantId],
  ['Audience', (line) => audiences[line.audience].words],
  ['Redirect URIs', (line) => line.redirectUris.join(' ')],
  ['Secret until', (line) => line.secretEnds],
  ['Settings', (line) => line.envFile],
  ['Portal', (line) => line.portal],
]

const appShape: ListShape<AppLine> = {
  columns: fields.map(([header, value]) => ({ header, value })),
  csv: fields,
  toRecord: (line) => line,
}

function runCreate(command: Command, context: CommandContext): Promise<ExitCode> {
  const raw = command.opts<RawCreateOptions>()
  return runWork(raw, context, async (talk) => {
    const { io, interrupt } = context
    const format = listFormatOf(raw, io.stdout)
    checkCare(raw)
    const order = readOrder(raw, nowOf(io))
    const envName = order.kind === 'web' ? (raw.settingsFile ?? defaults.envFile) : undefined
    const will = willOf(raw, io)
    // Ready before anything is asked: a secret must have a place to go to.
    const envFile =
      envName === undefined ? undefined : await reserveEnvFile(envName, { cwd: io.cwd, force: raw.force === true })
    try {
      const access = await accessGraph(raw, context)
      await refuseTwin(access.graph, order, interrupt.signal)
      tellPlan(order, access, envName, talk)
      if (will === 'ask') await askForName(order.name, 'to register it', context)
      if (will === 'dry-run') {
        await envFile?.discard()
        await printOne(plannedLine(order, envName), format, appShape, io)
        talk.notice(styled('bold', 'Dry run: '), 'nothing was registered. Add --yes to register it.')
        return exitCodes.complete
      }
      const line = await register(order, { access, envFile, envName, talk, context })
      await printOne(line, format, appShape, io)
      tellResult(line, order, { access, talk, context })
      return exitCodes.complete
    } catch (error) {
      await envFile?.discard()
      throw error
    }
  })
}

function readOrder(raw: RawCreateOptions, now: Date): AppOrder {
  const name = raw.name?.trim()
  if (name === undefined || name === '') throw usageError('The name is missing.', 'Give --name NAME.')
  if (name.length > 120 || /[\p{Cc}<>]/u.test(name)) {
    throw usageError('--name does not fit.', 'Give at most 120 characters, without < and >.')
  }
  const kind = raw.commandLine === true ? 'command-line' : 'web'
  if (kind === 'command-line' && (raw.settingsFile !== undefined || raw.force === true)) {
    throw usageError('A command line has no secret and no settings file.', 'Leave out --settings-file and --force.')
  }
  const given = raw.redirectUri ?? (kind === 'web' ? defaults.redirectUris : [defaults.loopback])
  const secretEnds = pointInTime(raw.secretExpires ?? defaults.secretExpires, '--secret-expires', {
    now,
    direction: 'ahead',
  })
  if (secretEnds.getTime() <= now.getTime()) {
    throw usageError(`--secret-expires ${JSON.stringify(raw.secretExpires)} is past.`, 'Choose a time in the future.')
  }
  return {
    name,
    kind,
    audience: oneOf('--audience', raw.audience ?? defaults.audience, audienceNames),
    redirectUris: given.map(checkRedirectUri),
    secretEnds,
  }
}

async function refuseTwin(graph: Graph, { name }: AppOrder, signal: AbortSignal): Promise<void> {
  const [twin] = await findByName(graph, name, signal)
  if (twin === undefined) return
  throw new CommandError(`There is an application ${JSON.stringify(name)} already (${twin.clientId}).`, {
    exitCode: exitCodes.failure,
    hint: `Choose another --name, or delete it first: patkit app delete ${twin.clientId}.`,
  })
}

function tellPlan(order: AppOrder, { words, emulator }: GraphAccess, envName: string | undefined, talk: Talk): void {
  const { name, audience, kind, redirectUris, secretEnds } = order
  const where = emulator === undefined ? 'Microsoft Graph' : `the emulator ${emulator}`
  talk.note(styled('bold', 'Plan'), ` at ${where} (${words}):`)
  const what = kind === 'web' ? 'web application' : 'command line, a public client,'
  talk.note(`  register the ${what} ${JSON.stringify(name)} for ${audiences[audience].words}`)
  talk.note(`  with the redirect URI ${redirectUris.join(', ')}`)
  talk.note('  and the delegated permission user_impersonation of Azure DevOps')
  if (envName === undefined) return
  talk.note(`  with a secret until ${day(secretEnds)}, which goes into ${envName} and nowhere else`)
}

const day = (date: Date): string => date.toISOString().slice(0, 10)

function plannedLine(order: AppOrder, envName: string | undefined): AppLine {
  const { name, audience, redirectUris, secretEnds } = order
  return {
    result: 'would-be-created',
    name,
    clientId: null,
    objectId: null,
    tenantId: null,
    audience,
    redirectUris,
    secretEnds: envName === undefined ? null : day(secretEnds),
    envFile: envName ?? null,
    portal: null,
  }
}

interface Registration {
  readonly access: GraphAccess
  readonly envFile: ReservedEnvFile | undefined
  readonly envName: string | undefined
  readonly talk: Talk
  readonly context: CommandContext
}

/** Registers everything or nothing: what was made before a failure is taken away again. */
async function register(order: AppOrder, registration: Registration): Promise<AppLine> {
  const { access, talk, context } = registration
  const { signal } = context.interrupt
  const app = await createApplication(access.graph, order, signal).catch((error: unknown) => {
    throw error instanceof UnknownOutcome ? maybeRegistered(error, order) : error
  })
  try {
    return await complete(app, order, registration)
  } catch (error) {
    // The wish to stop is no reason to leave half of it behind.
    const undone = await deleteApplication(access.graph, app, new AbortController().signal).then(
      () => true,
      () => false,
    )
    if (undone) talk.notice('What was registered so far was deleted again.')
    else {
      talk.notice(
        styled('yellow', 'Note: '),
        `the application ${app.clientId} is left behind; delete it with: ${programWords(context.io.env).join(' ')} app delete ${app.clientId}`,
      )
    }
    throw error
  }
}

function maybeRegistered({ message, exitCode }: CommandError, { name }: AppOrder): CommandError {
  return new CommandError(message, {
    exitCode,
    hint: `Whether ${JSON.stringify(name)} was registered is not known: look in the portal before you try again.`,
  })
}

async function complete(
  app: RegisteredApp,
  order: AppOrder,
  { access, envFile, envName, talk, context }: Registration,
): Promise<AppLine> {
  const { graph } = access
  const { io, interrupt, redactor } = context
  const settle = settlingFor(talk, io.clock ?? (await import('@patkit/core')).systemClock, interrupt.signal)
  // Personal accounts have no tenant of ours in which it would have to be known.
  const principal =
    order.audience === 'personal' ? undefined : await createServicePrincipal(graph, app, settle, interrupt.signal)
  if (envFile !== undefined) {
    const secret = await addSecret(graph, app, order, settle, interrupt.signal)
    redactor.add(secret)
    await envFile.write(order.name, settingsOf(app, order, principal?.tenantId, secret))
  }
  return {
    ...plannedLine(order, envName),
    result: 'created',
    clientId: app.clientId,
    objectId: app.objectId,
    tenantId: principal?.tenantId ?? null,
    portal: portalUrl(app.clientId),
  }
}

function settlingFor(talk: Talk, clock: Parameters<typeof settling>[0], signal: AbortSignal): Settle {
  let isTold = false
  return settling(clock, signal, () => {
    if (!isTold) talk.note('Waiting until the directory knows the new application everywhere.')
    isTold = true
  })
}

/** In the names that the SDK, the examples and Microsoft's samples read. */
function settingsOf(
  { clientId }: RegisteredApp,
  { audience, redirectUris, secretEnds }: AppOrder,
  tenantId: string | undefined,
  secret: string,
): readonly EnvEntry[] {
  const { authority } = audiences[audience]
  const who: readonly EnvEntry[] =
    authority === undefined
      ? [['TENANT_ID', tenantId ?? '']]
      : [['AUTHORITY', `https://login.microsoftonline.com/${authority}`]]
  const open: readonly EnvEntry[] =
    authority === undefined || authority === 'consumers'
      ? []
      : [['ALLOWED_TENANTS', tenantId ?? '', 'Ids of the tenants that are let in, or any.']]
  return [
    ['CLIENT_ID', clientId],
    ['CLIENT_SECRET', secret, `Ends on ${day(secretEnds)}.`],
    ...who,
    ...open,
    ['REDIRECT_URI', redirectUris[0] ?? ''],
  ]
}

function tellResult(
  line: AppLine,
  { kind, audience }: AppOrder,
  { access: { emulator }, talk, context }: Pick<Registration, 'access' | 'talk' | 'context'>,
): void {
  const program = programWords(context.io.env).join(' ')
  talk.note(styled('green', 'Registered.'), ...(line.envFile === null ? [] : [` The settings are in ${line.envFile}.`]))
  if (kind === 'command-line') {
    const tenant = audience === 'single' && line.tenantId !== null ? ` --tenant ${line.tenantId}` : ''
    const place = emulator === undefined ? '' : ` --emulator ${emulator}`
    talk.note(`Sign in with: ${program} login${tenant} --client-id ${line.clientId ?? ''}${place}`)
  }
  if (emulator === undefined) talk.note(`In the portal: ${line.portal ?? ''}`)
  talk.note(`To get rid of it: ${program} app delete ${line.clientId ?? ''}`)
}

const createHelp = `
Examples:
  A web application for this tenant, with the sign-in of the Azure CLI:
  $ az login
  $ patkit app create --name "Token report" --token-command "az account get-access-token --resource-type ms-graph --query accessToken -o tsv"
  The registration that patkit login needs:
  $ patkit app create --name patkit --command-line --yes --token-command "az account get-access-token --resource-type ms-graph --query accessToken -o tsv"
  For people of any tenant, with the kept sign-in:
  $ patkit login --graph
  $ patkit app create --name "Token report" --audience multiple --redirect-uri https://report.example.com/getAToken --settings-file production.env

Registers the application, makes it known in the tenant (service principal), gives it a secret and the delegated permission
user_impersonation of Azure DevOps, and writes CLIENT_ID, CLIENT_SECRET, TENANT_ID or AUTHORITY, and REDIRECT_URI into a file that you
alone may read. The secret is in that file and nowhere else. When a step fails, what was registered is deleted again.

Needs an access token for Microsoft Graph with Application.ReadWrite.All: --token-command, or patkit login --graph.
`

/** `patkit app create`. */
export const appCreateCommand: CommandPart = {
  addOptions: addCreateOptions,
  help: createHelp,
  choices: { '--audience': audienceNames },
  run: runCreate,
}
