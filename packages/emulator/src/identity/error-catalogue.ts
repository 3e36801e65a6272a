/** One line of the catalogue: how the service answers with this code. */
export interface CatalogueEntry {
  /** The OAuth error. */
  readonly error: string
  readonly text: string
  /** Status at the token endpoint. Default: 400. */
  readonly status?: number
  readonly suberror?: string
  /** At the authorize endpoint it is shown to the person and never sent to the application. */
  readonly shownAsPage?: true
  /** The code Azure AD B2C has for the same thing. */
  readonly b2c?: B2cCode
}

/**
 * The codes the emulator knows. It sends most of them by itself; the others can be had as a fault.
 *
 * The sentences are ours: applications must not depend on the services' wording, which changes.
 */
const entraCatalogue = {
  AADSTS16000: {
    error: 'interaction_required',
    text: 'Several accounts could be meant; the person has to choose one.',
  },
  AADSTS28000: {
    error: 'invalid_request',
    text: 'The scope names more than one API; ask for one at a time.',
    b2c: 'AADB2C90146',
  },
  AADSTS50011: {
    error: 'invalid_request',
    text: 'The redirect address is not registered for the application.',
    shownAsPage: true,
    b2c: 'AADB2C90006',
  },
  AADSTS500011: { error: 'invalid_resource', text: 'The API is not known in this tenant.', b2c: 'AADB2C90117' },
  AADSTS500112: {
    error: 'invalid_client',
    status: 401,
    text: 'The redirect address differs from the one the code was asked with.',
    b2c: 'AADB2C90088',
  },
  AADSTS50013: { error: 'invalid_grant', text: 'The assertion is not valid: its signature or its form is wrong.' },
  AADSTS500131: { error: 'invalid_grant', text: 'The assertion was not issued for the application that presents it.' },
  AADSTS500133: { error: 'invalid_grant', text: 'The assertion is outside its time of validity.' },
  AADSTS50020: { error: 'invalid_grant', text: 'The account does not exist in this tenant.', shownAsPage: true },
  AADSTS50034: { error: 'invalid_grant', text: 'The account does not exist in this tenant.', b2c: 'AADB2C90128' },
  AADSTS50049: { error: 'invalid_instance', text: 'The sign-in host is unknown.' },
  AADSTS50057: { error: 'invalid_grant', text: 'The account is disabled.' },
  AADSTS50058: {
    error: 'login_required',
    text: 'Nobody is signed in, and the application asked not to show a page.',
    b2c: 'AADB2C90077',
  },
  AADSTS50059: { error: 'invalid_request', text: 'The request names no tenant, and nothing in it implies one.' },
  AADSTS50074: { error: 'interaction_required', text: 'Strong authentication is required.', suberror: 'basic_action' },
  AADSTS50076: {
    error: 'interaction_required',
    text: 'Multi-factor authentication is required.',
    suberror: 'basic_action',
  },
  AADSTS50079: {
    error: 'interaction_required',
    text: 'The person must enrol for multi-factor authentication.',
    suberror: 'basic_action',
  },
  AADSTS50105: { error: 'access_denied', text: 'The person is not assigned to the application.', shownAsPage: true },
  AADSTS50126: { error: 'invalid_grant', text: 'Name or password is wrong.' },
  AADSTS501481: {
    error: 'invalid_grant',
    text: 'The code_verifier does not fit the code_challenge of the authorization request.',
    b2c: 'AADB2C90182',
  },
  AADSTS501491: {
    error: 'invalid_request',
    text: 'The code_challenge must be 43 to 128 characters.',
    b2c: 'AADB2C90183',
  },
  AADSTS50173: {
    error: 'invalid_grant',
    text: 'The grant was revoked; the person must sign in again.',
    b2c: 'AADB2C90129',
  },
  AADSTS50194: {
    error: 'invalid_request',
    text: 'The application is for one tenant only and cannot be used at a shared address.',
    shownAsPage: true,
  },
  AADSTS53000: {
    error: 'interaction_required',
    text: 'The device does not comply with the policy.',
    suberror: 'message_only',
  },
  AADSTS53003: {
    error: 'interaction_required',
    text: 'Conditional access blocks the token.',
    suberror: 'message_only',
  },
  AADSTS54005: { error: 'invalid_grant', text: 'The authorization code was redeemed already.', b2c: 'AADB2C90080' },
  AADSTS65001: {
    error: 'invalid_grant',
    text: 'Nobody has consented to this use of the application.',
    suberror: 'consent_required',
    b2c: 'AADB2C90205',
  },
  AADSTS65004: { error: 'access_denied', text: 'The person declined.', b2c: 'AADB2C90091' },
  AADSTS650053: {
    error: 'invalid_client',
    text: 'The application asked for a scope that the API does not have.',
    b2c: 'AADB2C90117',
  },
  AADSTS70000: { error: 'invalid_grant', text: 'The grant is not valid.', b2c: 'AADB2C90088' },
  AADSTS700016: {
    error: 'unauthorized_client',
    text: 'The application was not found in the tenant.',
    shownAsPage: true,
    b2c: 'AADB2C90018',
  },
  AADSTS700023: {
    error: 'invalid_client',
    status: 401,
    text: 'The audience of the client assertion is not this token endpoint.',
  },
  AADSTS700024: { error: 'invalid_client', status: 401, text: 'The client assertion is outside its time of validity.' },
  AADSTS700025: {
    error: 'invalid_client',
    status: 401,
    text: 'The application is public, so it must send neither secret nor assertion.',
    b2c: 'AADB2C90084',
  },
  AADSTS700027: {
    error: 'invalid_client',
    status: 401,
    text: 'The client assertion is not signed by a registered certificate.',
  },
  AADSTS70003: { error: 'unsupported_grant_type', text: 'The grant type is not supported.', b2c: 'AADB2C90086' },
  AADSTS700054: {
    error: 'unsupported_response_type',
    text: 'The application may ask for a code only.',
    b2c: 'AADB2C90013',
  },
  AADSTS70007: { error: 'unsupported_response_mode', text: 'The response mode is not supported.', b2c: 'AADB2C90014' },
  AADSTS70008: { error: 'invalid_grant', text: 'The authorization code has expired.', b2c: 'AADB2C90080' },
  AADSTS700082: { error: 'invalid_grant', text: 'The refresh token has expired.', b2c: 'AADB2C90080' },
  AADSTS70011: { error: 'invalid_scope', text: 'The scope is not valid.', b2c: 'AADB2C90012' },
  AADSTS70016: { error: 'authorization_pending', text: 'The person has not entered the code yet.' },
  AADSTS70018: { error: 'bad_verification_code', text: 'The device code is not known.' },
  AADSTS70019: { error: 'expired_token', text: 'The device code has expired.' },
  AADSTS700213: {
    error: 'invalid_client',
    status: 401,
    text: 'No federated credential has the issuer, subject and audience of the assertion.',
  },
  AADSTS7000215: { error: 'invalid_client', status: 401, text: 'The client secret is wrong.', b2c: 'AADB2C90081' },
  AADSTS7000218: {
    error: 'invalid_client',
    status: 401,
    text: 'The request needs client_assertion or client_secret.',
    b2c: 'AADB2C90079',
  },
  AADSTS7000222: { error: 'invalid_client', status: 401, text: 'The client secret has expired.', b2c: 'AADB2C90081' },
  AADSTS90002: { error: 'invalid_request', text: 'The tenant was not found.' },
  AADSTS90014: { error: 'invalid_request', text: 'The value of a parameter is missing or wrong.', b2c: 'AADB2C90083' },
  AADSTS90023: { error: 'invalid_request', text: 'The value of a parameter is not supported.', b2c: 'AADB2C90043' },
  AADSTS90033: {
    error: 'temporarily_unavailable',
    status: 503,
    text: 'A transient error; try again.',
    b2c: 'AADB2C90035',
  },
  AADSTS900144: { error: 'invalid_request', text: 'A parameter is missing.', b2c: 'AADB2C90083' },
  AADSTS900561: { error: 'invalid_request', text: 'The endpoint takes POST requests only.' },
  AADSTS9002313: { error: 'invalid_request', text: 'The request is malformed.' },
  AADSTS90100: { error: 'invalid_request', text: 'A parameter is duplicated or empty.' },
  AADSTS1002012: {
    error: 'invalid_scope',
    text: 'Client credentials take one scope, <API>/.default.',
    b2c: 'AADB2C90117',
  },
} as const satisfies Record<string, CatalogueEntry>

const b2cCatalogue = {
  AADB2C90006: {
    error: 'invalid_request',
    text: 'The redirect address is not registered for the application.',
    shownAsPage: true,
  },
  AADB2C90012: { error: 'invalid_scope', text: 'The scope is not supported.' },
  AADB2C90013: { error: 'unsupported_response_type', text: 'The response type is not supported.' },
  AADB2C90014: { error: 'invalid_request', text: 'The response mode is not supported.' },
  AADB2C90018: {
    error: 'invalid_request',
    text: 'The application is not registered in this tenant.',
    shownAsPage: true,
  },
  AADB2C90035: { error: 'temporarily_unavailable', status: 503, text: 'The service is unavailable for the moment.' },
  AADB2C90043: { error: 'invalid_request', text: 'The value of prompt is not supported.' },
  AADB2C90077: {
    error: 'interaction_required',
    text: 'Nobody is signed in, and the application asked not to show a page.',
  },
  AADB2C90079: { error: 'invalid_client', text: 'The application must send its secret.' },
  AADB2C90080: { error: 'invalid_grant', text: 'The grant has expired.' },
  AADB2C90081: { error: 'invalid_client', text: 'The client secret is wrong.' },
  AADB2C90083: { error: 'invalid_request', text: 'A parameter is missing.' },
  AADB2C90084: { error: 'invalid_client', text: 'A public application must not send a secret.' },
  AADB2C90085: { error: 'invalid_grant', text: 'The service has met an internal error.' },
  AADB2C90086: { error: 'unsupported_grant_type', text: 'The grant type is not supported.' },
  AADB2C90088: { error: 'invalid_grant', text: 'The grant was issued for another endpoint.' },
  AADB2C90091: { error: 'access_denied', text: 'The person has cancelled.' },
  AADB2C90117: { error: 'invalid_scope', text: 'The scope is not supported.' },
  AADB2C90118: { error: 'access_denied', text: 'The person has forgotten the password.' },
  AADB2C90128: { error: 'invalid_grant', text: 'The account of this grant is gone.' },
  AADB2C90129: { error: 'invalid_grant', text: 'The grant was revoked.' },
  AADB2C90146: { error: 'invalid_request', text: 'The scope names more than one API.' },
  AADB2C90182: { error: 'invalid_grant', text: 'The code_verifier does not fit the code_challenge.' },
  AADB2C90183: { error: 'invalid_request', text: 'The code_challenge or code_verifier is malformed.' },
  AADB2C90205: { error: 'access_denied', text: 'The application may not use this API.' },
} as const satisfies Record<string, Omit<CatalogueEntry, 'b2c'>>

export type EntraCode = keyof typeof entraCatalogue
export type B2cCode = keyof typeof b2cCatalogue
export type ErrorCode = EntraCode | B2cCode

const catalogue: ReadonlyMap<string, CatalogueEntry> = new Map(Object.entries({ ...entraCatalogue, ...b2cCatalogue }))

/** What the service says with this code; `undefined` for a code that is not in the catalogue. */
export const catalogued = (code: string): CatalogueEntry | undefined => catalogue.get(code)

/** Every code the emulator has an answer for. */
export const errorCodes = [...catalogue.keys()] as readonly ErrorCode[]
