import { variable, type Io } from './io.js'

/** The place where the operating system keeps secrets of this user. */
export interface Keychain {
  /** How people know it. */
  readonly name: string
  read(account: string): Promise<string | undefined>
  write(account: string, secret: string): Promise<void>
  /** Nothing happens if it is not there. */
  remove(account: string): Promise<void>
}

/** A keychain, or why there is none. */
export type KeychainSearch = { readonly keychain: Keychain } | { readonly missing: string }

const service = 'patkit'

/** Looks for the keychain; `PATKIT_KEYCHAIN=off` says that none is wanted. What is found has been asked once. */
export async function findKeychain({
  env,
  platform,
  keychain,
}: Pick<Io, 'env' | 'platform' | 'keychain'>): Promise<KeychainSearch> {
  if (variable(env, 'PATKIT_KEYCHAIN')?.toLowerCase() === 'off') return { missing: 'PATKIT_KEYCHAIN is off' }
  const found = keychain ?? (await loadKeychain(platform))
  if (found === undefined) return { missing: 'the optional package @napi-rs/keyring is not installed' }
  try {
    await found.read('is it there?')
    return { keychain: found }
  } catch (error) {
    return { missing: `${found.name} does not answer${complaintOf(error)}` }
  }
}

/** Loaded when needed only: it is native code, and optional, so that an odd platform or `--omit=optional` takes nothing else away. */
async function loadKeychain(platform: NodeJS.Platform): Promise<Keychain | undefined> {
  const keyring = await import('@napi-rs/keyring').catch(() => undefined)
  if (keyring === undefined) return undefined
  // Without the name of the store the library would fall back to the kernel's keyring, which a restart empties.
  const entry = (account: string): InstanceType<typeof keyring.AsyncEntry> =>
    new keyring.AsyncEntry(service, account, { linux: { store: 'secret-service' } })
  return {
    name: nameOn(platform),
    read: async (account) => (await entry(account).getPassword()) ?? undefined,
    write: (account, secret) => entry(account).setPassword(secret),
    remove: async (account) => {
      await entry(account).deleteCredential()
    },
  }
}

function nameOn(platform: NodeJS.Platform): string {
  switch (platform) {
    case 'darwin':
      return 'the macOS keychain'
    case 'win32':
      return 'the Windows Credential Manager'
    default:
      return 'the Secret Service'
  }
}

function complaintOf(error: unknown): string {
  const [line = ''] = error instanceof Error ? error.message.split('\n') : []
  return line === '' ? '' : ` (${line.length > 120 ? `${line.slice(0, 119)}…` : line})`
}
