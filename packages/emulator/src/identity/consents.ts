import type { Client } from './clients.js'
import type { Person } from './directory.js'
import type { ApiRequest } from './resources.js'

/** Who has allowed which application what. */
export class Consents {
  readonly #given = new Set<string>()

  grant(client: Client, person: Person, apis: readonly ApiRequest[]): void {
    for (const key of keysOf(client, person, apis)) this.#given.add(key)
  }

  /** Whether nothing is left to ask. An administrator's consent covers everything. */
  covers(client: Client, person: Person, apis: readonly ApiRequest[]): boolean {
    if (client.consent === 'granted') return true
    return keysOf(client, person, apis).every((key) => this.#given.has(key))
  }
}

/** Entering the application is something to consent to as well, even when it asks for no API. */
function keysOf(client: Client, person: Person, apis: readonly ApiRequest[]): readonly string[] {
  const who = `${client.clientId} ${person.tenantId} ${person.objectId}`
  const scopes = apis.flatMap(({ resource, scopes: names }) => names.map((name) => `${resource.id}/${name}`))
  return [`${who} sign-in`, ...scopes.map((scope) => `${who} ${scope}`)]
}
