/** What a code of the sign-in service means, and what helps. */
export interface CodeMeaning {
  readonly meaning: string
  readonly remedy: string
}

/** The first code of the sign-in service in a text, such as `'AADSTS700082'` or `'AADB2C90118'`. */
export function codeIn(text: unknown): string | undefined {
  return typeof text === 'string' ? /\b(?:AADSTS\d{5,9}|AADB2C\d{5,6})\b/.exec(text)?.[0] : undefined
}

/** The person asked to reset the password. */
export const passwordForgotten = 'AADB2C90118'
/** The person left the page without finishing it: B2C's word, and the one for a declined consent. */
export const cancelledCodes: ReadonlySet<string> = new Set(['AADB2C90091', 'AADSTS65004'])

/** Codes that say the application's own proof is no good, so that another credential may be. */
export const expiredSecret = 'AADSTS7000222'

const signInAgain = 'Sign in again.'
const startAgain = 'Start the sign-in again from the beginning.'
const askAdministrator = 'Ask an administrator of the organization.'

/** The codes that people meet, in our words; the service's own wording changes. */
export const serviceCodes: Readonly<Record<string, CodeMeaning>> = {
  AADSTS50011: {
    meaning: 'The redirect URI is not registered for this application.',
    remedy: 'Add redirectUri to the app registration (Authentication, Web), letter by letter as configured.',
  },
  AADSTS50020: {
    meaning: 'This account does not belong to the organization and was not invited as a guest.',
    remedy:
      'Sign in with an account of the organization, have this one invited, or let more tenants in (multiTenant()).',
  },
  AADSTS50034: { meaning: 'The organization has no such account.', remedy: 'Check the account name.' },
  AADSTS50053: {
    meaning: 'The account is locked.',
    remedy: 'Wait a while, then sign in again, or reset the password.',
  },
  AADSTS50055: { meaning: 'The password has expired.', remedy: 'Change the password, then sign in again.' },
  AADSTS50057: { meaning: 'The account is disabled.', remedy: askAdministrator },
  AADSTS50058: { meaning: 'Nobody is signed in in this browser.', remedy: 'Sign in interactively.' },
  AADSTS50076: { meaning: 'A second factor is demanded.', remedy: 'Sign in again and complete the second factor.' },
  AADSTS50079: {
    meaning: 'A second factor must be set up first.',
    remedy: 'Sign in again and set up the second factor.',
  },
  AADSTS50089: { meaning: 'The sign-in took too long.', remedy: startAgain },
  AADSTS50105: {
    meaning: 'This account is not assigned to the application.',
    remedy: 'An administrator has to assign the account (Enterprise applications, Users and groups).',
  },
  AADSTS50173: { meaning: 'The sign-in was revoked, as after a change of password.', remedy: signInAgain },
  AADSTS50194: {
    meaning: 'The application is registered for one organization, but was used with /common.',
    remedy: 'Use singleTenant(), or register the application for several organizations.',
  },
  AADSTS53000: {
    meaning: 'The organization demands a managed device.',
    remedy: 'Use a device that complies with the rules.',
  },
  AADSTS53003: {
    meaning: 'A rule of the organization (conditional access) forbids this sign-in.',
    remedy: askAdministrator,
  },
  AADSTS54005: {
    meaning: 'The code was used already, as when the page after the sign-in is loaded again.',
    remedy: startAgain,
  },
  AADSTS65001: {
    meaning: 'Nobody has consented to what the application asks for.',
    remedy: 'Sign in again and consent, or have an administrator do so (API permissions, Grant admin consent).',
  },
  AADSTS65004: {
    meaning: 'The consent was declined.',
    remedy: 'Sign in again and consent, or ask an administrator to.',
  },
  AADSTS65005: {
    meaning: 'The application asks for a permission that its registration does not list.',
    remedy: 'Add the permission under API permissions of the app registration.',
  },
  AADSTS70000: { meaning: 'The sign-in is no longer valid.', remedy: signInAgain },
  AADSTS70008: { meaning: 'The sign-in has expired.', remedy: signInAgain },
  AADSTS70011: { meaning: 'A scope is not valid.', remedy: 'Check the scopes that are asked for.' },
  AADSTS70016: { meaning: 'The person has not finished signing in yet.', remedy: 'Wait.' },
  AADSTS70043: { meaning: 'The sign-in has ended by a rule of the organization.', remedy: signInAgain },
  AADSTS90002: { meaning: 'There is no such tenant.', remedy: 'Check the tenant id, and the cloud.' },
  AADSTS90014: { meaning: 'The request lacked a field.', remedy: startAgain },
  AADSTS90033: { meaning: 'The service has a passing problem.', remedy: 'Try again in a few minutes.' },
  AADSTS90072: {
    meaning: 'This account does not belong to the organization.',
    remedy: 'Sign out and sign in with an account of the organization.',
  },
  AADSTS500011: {
    meaning: 'The API that is asked for does not exist in this organization.',
    remedy: 'Check the scopes; the API may need to be registered or consented to there first.',
  },
  AADSTS500113: {
    meaning: 'No redirect URI is registered for this application.',
    remedy: 'Add redirectUri to the app registration (Authentication, Web).',
  },
  AADSTS501481: { meaning: 'The code belongs to another sign-in (PKCE).', remedy: startAgain },
  AADSTS700016: {
    meaning: 'There is no such application in this tenant.',
    remedy: 'Compare clientId and the tenant with the overview page of the app registration.',
  },
  AADSTS700023: {
    meaning: 'The signed statement was made for another audience.',
    remedy: 'Sign it for the tokenEndpoint that the assertion function is given.',
  },
  AADSTS700024: {
    meaning: 'The signed statement is not valid at this time.',
    remedy: 'Check the clock of this machine, and that the assertion function gives a fresh statement each time.',
  },
  AADSTS700025: {
    meaning: 'The application is registered as a public client, but proved itself.',
    remedy:
      'Leave the credential out with deviceCodeCredential() or interactiveCredential(), or register a web application.',
  },
  AADSTS700213: {
    meaning: 'The app registration trusts no such issuer and subject.',
    remedy: 'Compare issuer, subject and audience with the federated credentials of the app registration.',
  },
  AADSTS700027: {
    meaning: 'The signed statement was not accepted: the certificate is not registered, or the clock is wrong.',
    remedy: 'Upload the certificate to the app registration, and check the clock of this machine.',
  },
  AADSTS700082: { meaning: 'The sign-in has expired: it was not used for too long.', remedy: signInAgain },
  AADSTS700084: { meaning: 'The sign-in has expired.', remedy: signInAgain },
  AADSTS7000215: {
    meaning: 'The client secret is wrong.',
    remedy: "Give the secret's value, not its id; make a new secret if the value was not kept.",
  },
  AADSTS7000216: {
    meaning: 'The application did not prove who it is.',
    remedy: 'Give a client secret, a certificate or an assertion.',
  },
  AADSTS7000218: {
    meaning: 'The application must prove who it is, or be registered as a public client.',
    remedy: 'Give a credential; for a command line, switch on "Allow public client flows".',
  },
  AADSTS7000222: {
    meaning: 'The client secret has expired.',
    remedy: 'Make a new secret in the app registration (Certificates & secrets) and configure it.',
  },
  AADSTS900144: { meaning: 'The request lacked a field.', remedy: startAgain },
  AADSTS9002313: { meaning: 'The request was malformed.', remedy: startAgain },
  AADB2C90006: {
    meaning: 'The redirect URI is not registered for this application.',
    remedy: 'Add redirectUri to the app registration (Authentication, Web), letter by letter as configured.',
  },
  AADB2C90012: { meaning: 'A scope is not supported.', remedy: 'Check the scopes that are asked for.' },
  AADB2C90018: {
    meaning: 'There is no such application in this tenant.',
    remedy: 'Compare clientId and tenantName with the overview page of the app registration.',
  },
  AADB2C90035: { meaning: 'The service has a passing problem.', remedy: 'Try again in a few minutes.' },
  AADB2C90077: { meaning: 'Nobody is signed in in this browser.', remedy: 'Sign in interactively.' },
  AADB2C90079: {
    meaning: 'The application did not prove who it is.',
    remedy: 'Give a client secret of the app registration.',
  },
  AADB2C90080: { meaning: 'The sign-in has expired.', remedy: signInAgain },
  AADB2C90081: {
    meaning: 'The client secret is wrong or has expired.',
    remedy: 'Give the value, not the id, of a secret that is valid; make a new one if need be.',
  },
  AADB2C90084: {
    meaning: 'The application is registered as a public client, but sent a secret.',
    remedy: 'Register redirectUri under Web, or use interactiveCredential().',
  },
  AADB2C90085: { meaning: 'The service met an internal error.', remedy: signInAgain },
  AADB2C90088: { meaning: 'The sign-in belongs to another user flow.', remedy: startAgain },
  AADB2C90091: { meaning: 'The person left the page without finishing it.', remedy: 'Nothing is wrong.' },
  AADB2C90115: { meaning: 'No scope was asked for.', remedy: 'Ask for at least one scope.' },
  AADB2C90117: {
    meaning: 'A scope is not known.',
    remedy: 'Check the scopes, and that the application has the permission.',
  },
  AADB2C90118: { meaning: 'The person forgot the password.', remedy: 'Start the resetPassword user flow.' },
  AADB2C90128: { meaning: 'The account is gone.', remedy: 'Sign in with another account.' },
  AADB2C90129: { meaning: 'The sign-in was revoked.', remedy: signInAgain },
  AADB2C90146: {
    meaning: 'The scopes belong to more than one API.',
    remedy: 'Ask for the scopes of one API at a time.',
  },
  AADB2C90182: { meaning: 'The code belongs to another sign-in (PKCE).', remedy: startAgain },
  AADB2C90183: { meaning: 'The code belongs to another sign-in (PKCE).', remedy: startAgain },
  AADB2C90205: {
    meaning: 'The application has no permission for what it asks for.',
    remedy: 'Grant it under API permissions of the app registration, with admin consent.',
  },
}

/** What a code means, or `undefined` for one that is not in our list. */
export function meaningOf(code: string | undefined): CodeMeaning | undefined {
  return code === undefined ? undefined : serviceCodes[code]
}

/** What helps with an OAuth error without a code that we know. */
export function meaningOfError(error: string | undefined): CodeMeaning {
  switch (error) {
    case 'invalid_client':
    case 'unauthorized_client':
      return {
        meaning: 'The service does not accept the credential of this application.',
        remedy: 'Check clientId and credential.',
      }
    case 'invalid_scope':
    case 'invalid_resource':
    case 'invalid_target':
      return { meaning: 'The service does not know what was asked for.', remedy: 'Check the scopes.' }
    case 'interaction_required':
    case 'login_required':
    case 'consent_required':
    case 'invalid_grant':
      return { meaning: 'The service asks for a new sign-in.', remedy: signInAgain }
    case 'temporarily_unavailable':
    case 'server_error':
      return { meaning: 'The service has a passing problem.', remedy: 'Try again in a few minutes.' }
    default:
      return { meaning: 'The service refused the sign-in.', remedy: startAgain }
  }
}
