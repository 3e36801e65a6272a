import { stat } from 'node:fs/promises'
import type { Clock, Credential, DevOpsClient, DoctorFinding, GraphUser } from '@patkit/core'
import { CommandError } from './command-error.js'
import { configFile, readConfig, settingNames, settings, withConfig } from './config-file.js'
import { accountIn, connect, type RawConnection } from './connection.js'
import type { CommandContext } from './context.js'
import { createCredential, describeSource, findTokenSource, type TokenSource } from './credential.js'
import { isSdkError } from './failure.js'
import { shortPath } from './folders.js'
import { variable } from './io.js'
import { findKeychain } from './keychain.js'
import { isPerson, keptApplication } from './login.js'
import { cacheFolder, openLogin, readLogin, type LoginRecord } from './login-store.js'

/** What was found in one place. */
export interface Check {
  readonly check:
    | 'versions'
    | 'settings'
    | 'proxy'
    | 'keychain'
    | 'access token'
    | 'kept sign-in'
    | 'sign-in service'
    | 'organization'
    | 'users'
    | "everybody's tokens"
    | 'own tokens'
  readonly status: 'ok' | 'warn' | 'fail'
  /** What was found, in one sentence. */
  readonly message: string
  /** What helps; `null` when nothing needs to be done. */
  readonly remedy: string | null
}

const oldestNode = [20, 19] as const

/** Looks at everything that commands need, in the order in which they would meet it. */
export class Doctor {
  readonly #raw: RawConnection
  #context: CommandContext

  /** @param context - Without the kept settings in it: whether they can be read is looked at here. */
  constructor(raw: RawConnection, context: CommandContext) {
    this.#raw = raw
    this.#context = context
  }

  async *examine(): AsyncGenerator<Check, void, undefined> {
    yield this.#versions()
    yield this.#settings()
    yield* this.#proxy()
    yield await this.#keychain()
    const source = this.#source()
    if ('check' in source) yield source
    else {
      if (source.kind === 'login') yield* this.#kept(source.login)
      const token = await this.#token(source)
      yield token
      if (token.status === 'ok') yield* this.#service()
    }
  }

  #versions(): Check {
    const { version, io } = this.#context
    const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
    const message = `patkit ${version} on Node.js ${process.versions.node}, ${io.platform}.`
    const isOld = major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1])
    return isOld
      ? fail('versions', message, `Install Node.js ${oldestNode.join('.')} or newer.`)
      : ok('versions', message)
  }

  #settings(): Check {
    const { io } = this.#context
    try {
      const config = readConfig(io)
      const named = settingNames.flatMap((name) => {
        const set = variable(io.env, settings[name].variable)
        if (set !== undefined) return [`${name} ${set} (${settings[name].variable})`]
        return config[name] === undefined ? [] : [`${name} ${config[name]} (${shortPath(configFile(io), io)})`]
      })
      this.#context = { ...this.#context, io: withConfig(io) }
      return ok('settings', named.length === 0 ? 'None are set.' : `${named.join(', ')}.`)
    } catch (error) {
      return failed('settings', error)
    }
  }

  *#proxy(): Generator<Check> {
    const { env } = this.#context.io
    // As environmentFetch() of the SDK looks for it.
    const name = ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'].find((each) => (env[each] ?? '') !== '')
    if (name === undefined) return
    // An address of a proxy may have a password in it.
    const given = env[name] ?? ''
    const address = given.includes('://') ? given : `http://${given}`
    const shown = URL.canParse(address) ? new URL(address).host : undefined
    if (shown !== undefined) yield ok('proxy', `Requests go through ${shown} (${name}).`)
    else yield fail('proxy', `${name} is no address.`, 'Set it to an address such as http://proxy.example.com:8080.')
  }

  async #keychain(): Promise<Check> {
    const search = await findKeychain(this.#context.io)
    if ('keychain' in search) return ok('keychain', `${capitalized(search.keychain.name)} is at hand.`)
    return warn(
      'keychain',
      `There is none: ${search.missing}.`,
      'patkit login keeps the key to its tokens in a file that you alone may read.',
    )
  }

  #source(): TokenSource | Check {
    const { io } = this.#context
    try {
      return findTokenSource(this.#raw.tokenCommand, io.env, () => readLogin(io))
    } catch (error) {
      return failed('access token', error)
    }
  }

  async #token(source: TokenSource): Promise<Check> {
    const { io, redactor, interrupt } = this.#context
    try {
      const credential = await createCredential(source, {
        ...io,
        clock: await this.#clock(),
        redactor,
        signal: interrupt.signal,
      })
      const who = source.kind === 'login' ? undefined : await accountOf(credential, interrupt.signal)
      const whose = who === undefined || who === null ? '' : ` of ${who}`
      return ok('access token', `There is one: ${describeSource(source)}${whose}.`)
    } catch (error) {
      interrupt.signal.throwIfAborted()
      return failed('access token', error)
    }
  }

  async *#kept(record: LoginRecord): AsyncGenerator<Check, void, undefined> {
    const { io, interrupt } = this.#context
    const folder = cacheFolder(record, io)
    const { key } = record
    const places = key.kind === 'file' ? [folder, key.file] : [folder]
    const open = io.platform === 'win32' ? [] : await readableByOthers(places)
    const keyPlace = key.kind === 'file' ? shortPath(key.file, io) : key.name
    if (open.length === 0) {
      yield ok('kept sign-in', `Of ${record.who}, in ${shortPath(folder, io)}, its key in ${keyPlace}.`)
    } else {
      const files = open.map((file) => shortPath(file, io)).join(' ')
      yield fail('kept sign-in', `Others may read ${files}.`, `Take it from them: chmod -R go= ${files}.`)
    }
    if (isPerson(record)) return
    try {
      const clock = await this.#clock()
      const client = await keptApplication(record, await openLogin(record, io, clock), clock)
      const { findings } = await client.doctor({ signal: interrupt.signal })
      // Nobody is sent back anywhere, and the cache was looked at here.
      for (const finding of findings.filter(({ check }) => check !== 'redirect-uri' && check !== 'token-cache')) {
        yield fromFinding(finding)
      }
    } catch (error) {
      interrupt.signal.throwIfAborted()
      yield failed('sign-in service', error)
    }
  }

  async *#service(): AsyncGenerator<Check, void, undefined> {
    const { interrupt } = this.#context
    let client: DevOpsClient
    let address: string
    try {
      const connection = await connect(this.#raw, this.#context)
      client = connection.client
      address = `${connection.baseUrl}/${connection.organization}`
    } catch (error) {
      interrupt.signal.throwIfAborted()
      yield failed('organization', error)
      return
    }
    const users = await this.#users(client, address)
    yield* users.checks
    if (users.first === undefined) return
    yield await this.#everybodysTokens(client, users.first)
    yield await this.#ownTokens(client)
  }

  async #users(
    client: DevOpsClient,
    address: string,
  ): Promise<{ readonly checks: readonly Check[]; readonly first: GraphUser | undefined }> {
    const { signal } = this.#context.interrupt
    try {
      for await (const page of client.users.list({ signal }).byPage()) {
        const reached = ok('organization', `${address} answers.`)
        // Services have no tokens, and are refused rather than told so.
        const person = page.items.find(({ descriptor }) => /^(?:aad|msa)\./.test(descriptor))
        return { checks: [reached, ok('users', 'They can be listed.')], first: person ?? page.items[0] }
      }
      return {
        checks: [ok('organization', `${address} answers.`), warn('users', 'There are none.', null)],
        first: undefined,
      }
    } catch (error) {
      signal.throwIfAborted()
      // Whoever is refused has reached it.
      const isRefusal = isSdkError(error) && ['PATKIT_PERMISSION', 'PATKIT_SIGN_IN_REQUIRED'].includes(error.code)
      const checks = isRefusal
        ? [ok('organization', `${address} answers.`), failed('users', error)]
        : [failed('organization', error)]
      return { checks, first: undefined }
    }
  }

  async #everybodysTokens(client: DevOpsClient, user: GraphUser): Promise<Check> {
    const { signal } = this.#context.interrupt
    try {
      for await (const _page of client.tokenAdmin.list(user.descriptor, { signal }).byPage()) break
      return ok("everybody's tokens", 'They can be read: report, tokens list, revoke and rules work.')
    } catch (error) {
      signal.throwIfAborted()
      if (isSdkError(error) && error.code === 'PATKIT_PERMISSION') {
        return warn("everybody's tokens", error.message, error.hint ?? null)
      }
      return failed("everybody's tokens", error)
    }
  }

  async #ownTokens(client: DevOpsClient): Promise<Check> {
    const { signal } = this.#context.interrupt
    try {
      for await (const _page of client.pats.list({ signal }).byPage()) break
      return ok('own tokens', 'They can be read.')
    } catch (error) {
      signal.throwIfAborted()
      const isRefusal = isSdkError(error) && ['PATKIT_PERMISSION', 'PATKIT_SIGN_IN_REQUIRED'].includes(error.code)
      if (!isRefusal) return failed('own tokens', error)
      return warn('own tokens', error.message, error.hint ?? null)
    }
  }

  async #clock(): Promise<Clock> {
    return this.#context.io.clock ?? (await import('@patkit/core')).systemClock
  }
}

async function accountOf(credential: Credential, signal: AbortSignal): Promise<string | null> {
  if (typeof credential !== 'function') return null
  const token = await credential({ forceRefresh: false, claims: undefined, signal })
  return accountIn(typeof token === 'string' ? token : token.token)
}

async function readableByOthers(places: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(
    places.map(async (place) => ({
      place,
      mode: await stat(place).then(
        ({ mode }) => mode,
        () => 0,
      ),
    })),
  )
  return found.filter(({ mode }) => (mode & 0o077) !== 0).map(({ place }) => place)
}

const statuses = { ok: 'ok', warning: 'warn', failed: 'fail', unknown: 'warn' } as const

function fromFinding({ check, subject, status, message, remedy }: DoctorFinding): Check {
  const about = check === 'client-credential' ? 'Its credential' : subject
  return { check: 'sign-in service', status: statuses[status], message: `${about}: ${message}`, remedy: remedy ?? null }
}

function ok(check: Check['check'], message: string): Check {
  return { check, status: 'ok', message, remedy: null }
}

function warn(check: Check['check'], message: string, remedy: string | null): Check {
  return { check, status: 'warn', message, remedy }
}

function fail(check: Check['check'], message: string, remedy: string | null): Check {
  return { check, status: 'fail', message, remedy }
}

function failed(check: Check['check'], error: unknown): Check {
  if (error instanceof CommandError) return fail(check, error.message, error.hint ?? null)
  if (isSdkError(error) && error.code === 'PATKIT_CONFIGURATION') {
    return fail(check, error.faults.map(({ problem }) => problem).join(' '), error.hint ?? null)
  }
  if (isSdkError(error)) return fail(check, error.message, error.hint ?? null)
  throw error
}

function capitalized(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}
