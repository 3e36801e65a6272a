import { type Answer, headerText } from '../answer.js'
import { errorBody } from './errors.js'

const anonymous = 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa'
const notAuthorized = `TF400813: The user '${anonymous}' is not authorized to access this resource.`

// The real page has about 16 KB; a client that reads it as data has to cope with as much here.
const filler = `<!-- ${'sign-in page of an emulated service '.repeat(420)} -->`
const page = `<!DOCTYPE html>
<html lang="en-US"><head><title>Azure DevOps Services | Sign In</title><meta charset="utf-8"></head>
<body><main><h1>Sign in</h1><p>This is what the service shows to whom it does not know.</p></main>${filler}</body></html>
`

/** Status 203 and a page, where one would expect 401: the service takes the caller for a browser. */
export const signInPage: Answer = {
  status: 203,
  headers: { 'Content-Type': 'text/html; charset=utf-8', 'X-TFS-ServiceError': headerText(notAuthorized) },
  body: page,
}

/** The other form of the same thing, which some routes choose. */
export const signInRedirect: Answer = {
  status: 302,
  headers: {
    'Content-Type': 'text/html; charset=utf-8',
    Location:
      'https://spsprodemulated1.vssps.visualstudio.com/_signin?realm=app.vssps.visualstudio.com&reply_to=emulated',
  },
  body: '<html><head><title>Object moved</title></head><body><h2>Object moved to <a href="/_signin">here</a>.</h2></body></html>',
}

const byteOrderMark = '\uFEFF'

/** An access token that the service does not accept. The JSON really begins with a byte order mark. */
export const refusedBearer: Answer = {
  status: 401,
  headers: {
    'Content-Type': 'application/json; charset=utf-8',
    'WWW-Authenticate': [
      'Bearer authorization_uri=https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000',
      'Basic realm="https://tfsprodemulated1.visualstudio.com/"',
      'TFS-Federated',
    ],
    'X-TFS-ServiceError': headerText(notAuthorized),
  },
  body: byteOrderMark + errorBody('InvalidIdentityException', notAuthorized),
}

/** A personal access token that is unknown, expired, revoked or lacks the scope: the four cannot be told apart. */
export const refusedPat: Answer = {
  status: 401,
  headers: { 'WWW-Authenticate': 'Basic realm="https://tfsprodemulated1.visualstudio.com/"' },
  body: '',
}
