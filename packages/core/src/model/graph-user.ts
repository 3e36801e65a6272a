import * as z from 'zod'
import { text } from './token-fields.js'

/** Where an identity comes from: Entra ID, a personal Microsoft account, or Azure DevOps itself. */
export type SubjectOrigin = 'aad' | 'msa' | 'vsts' | 'ad' | 'imp' | (string & {})

/** A user of an organization, as the Graph service describes it. Everything but the descriptor may be missing. */
export interface GraphUser {
  /** The key of the identity in every other call, such as `aad.MDA0…`. */
  readonly descriptor: string
  /** The name people see. */
  readonly displayName: string | null
  /** Sign-in name; for people usually an e-mail address. May change, so it is no key. */
  readonly principalName: string | null
  /** E-mail address; `null` or empty for service identities. */
  readonly mailAddress: string | null
  /** The directory the identity comes from. */
  readonly origin: SubjectOrigin | null
  /** The identity's id in that directory. */
  readonly originId: string | null
  /** Tenant id, `Windows Live ID`, or the name of a service domain. */
  readonly domain: string | null
  /** `user` for everyone listed here; the service may add kinds. */
  readonly subjectKind: 'user' | 'servicePrincipal' | (string & {}) | null
  /** Member, guest or application of the directory. */
  readonly metaType: 'member' | 'guest' | 'application' | (string & {}) | null
  /** Short name in the directory. */
  readonly directoryAlias: string | null
  /** Whether the account was deleted in its directory. Its tokens are not deleted with it. */
  readonly isDeletedInOrigin: boolean
}

/** A service principal or managed identity of an organization. */
export interface GraphServicePrincipal extends GraphUser {
  /** Application (client) id in Entra ID. */
  readonly applicationId: string | null
}

const subject = {
  descriptor: z.string().min(1),
  displayName: text,
  principalName: text,
  mailAddress: text,
  origin: text,
  originId: text,
  domain: text,
  subjectKind: text,
  metaType: text,
  directoryAlias: text,
  isDeletedInOrigin: z
    .boolean()
    .nullish()
    .transform((value) => value ?? false),
}

/** @internal */
export const graphUserSchema = z.object(subject) satisfies z.ZodType<GraphUser>

/** @internal */
export const graphServicePrincipalSchema = z.object({
  ...subject,
  applicationId: text,
}) satisfies z.ZodType<GraphServicePrincipal>
