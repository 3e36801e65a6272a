/** A fault that a service, a network or a machine can have, and what becomes of it here. */
export interface Fault {
  readonly number: number
  readonly fault: string
  readonly outcome: string
  /** Why there is no test of it; only where there is none. */
  readonly untested?: string
}

/** Every fault we know of. Tests bear its number in their names: `fault 5: …`, `faults 4, 5: …`. */
export const faultCatalogue: readonly Fault[] = [
  {
    number: 1,
    fault: 'The name of the host cannot be resolved',
    outcome: 'Tried 4 times, a creation too; then `NetworkError` with the host',
  },
  {
    number: 2,
    fault: 'Connection refused',
    outcome: 'The same; a creation is tried again too, because it was never sent',
  },
  {
    number: 3,
    fault: 'Certificate self-signed, expired or of another name',
    outcome: 'Not tried again; the cause and `NODE_EXTRA_CA_CERTS` are named',
  },
  {
    number: 4,
    fault: 'Connection reset before the answer',
    outcome: 'A read is tried again; a creation ends as `OutcomeUnknownError`',
  },
  { number: 5, fault: 'Connection reset in the middle of the body', outcome: 'The page is read again, whole' },
  {
    number: 6,
    fault: 'Body shorter than its `Content-Length`',
    outcome: 'The page is read again; never taken for complete',
  },
  { number: 7, fault: 'Chunked body without its last chunk', outcome: 'The page is read again' },
  {
    number: 8,
    fault: 'No answer at all',
    outcome: 'The try ends after `tryMs` (30 s) and is repeated within `callMs` (120 s)',
  },
  { number: 9, fault: 'A body that drips, or stops', outcome: 'The same limit covers the body' },
  {
    number: 10,
    fault: 'A kept connection that the service closes on its next use',
    outcome: 'A read goes out once more on a new one, unseen: no pause, no retry told; a creation is not sent twice',
  },
  {
    number: 11,
    fault: 'Compressed body; cut, or not compressed at all',
    outcome: 'Decoded; read again; read again, then `ProtocolError`',
  },
  {
    number: 12,
    fault: 'A page of 200,000 users; a body of 100 MB, also packed',
    outcome: 'Read; `ProtocolError` at 64 MiB, before or while it is read',
  },
  {
    number: 13,
    fault: 'A proxy on the way',
    outcome: '`HTTPS_PROXY` and `NO_PROXY` are honoured; one tunnel serves many requests; a 407 is explained',
  },
  { number: 14, fault: '`localhost` where only one address family listens', outcome: 'Connects' },
  { number: 15, fault: '429 with seconds', outcome: 'Everybody waits that long' },
  { number: 16, fault: '429 with a date', outcome: 'Everybody waits until then' },
  { number: 17, fault: '429 without a hint', outcome: 'Own pause from 1 s up, with jitter' },
  {
    number: 18,
    fault: '429 with `0`, `-5`, a past date, `abc`, `1.5`, `1e9`',
    outcome: 'At once; at once; at once; own pause; 1.5 s; `ThrottledError` at once',
  },
  {
    number: 19,
    fault: '429 for many requests at the same time',
    outcome: 'One pause for all, also for whoever was waiting for a token; one request probes, nothing is sent before',
  },
  { number: 20, fault: '200 with `Retry-After`', outcome: 'A success; the next request waits' },
  {
    number: 21,
    fault: '503 once, or for ever',
    outcome: 'Tried again; for ever: 4 tries, some 35 further tries for the whole client, and the scan ends',
  },
  { number: 22, fault: '500, 502, 504, 408; 501, 505', outcome: 'Tried again; not tried again' },
  {
    number: 23,
    fault: 'The sign-in page with status 203',
    outcome: 'A new token once, then `SignInRequiredError`; never data',
  },
  {
    number: 24,
    fault: 'A redirect to the sign-in or to another host',
    outcome: 'The same; the credential goes nowhere else',
  },
  { number: 25, fault: '200 with a web page (hotel Wi-Fi)', outcome: '`ProtocolError`, never an empty list' },
  { number: 26, fault: 'JSON called text, or behind a byte order mark', outcome: 'Read' },
  {
    number: 27,
    fault: 'JSON cut, `null`, or of another shape',
    outcome: 'Cut: read again; otherwise `ProtocolError` that names the field',
  },
  { number: 28, fault: 'Headers in capitals, or repeated by a proxy', outcome: 'Read as if sent once' },
  { number: 29, fault: 'A revocation answered with 204, nothing, or `{}`', outcome: 'Done' },
  {
    number: 30,
    fault: '400, 409, 413, 414 with an error in JSON',
    outcome: '`ServiceError` with its `typeKey`; not tried again',
  },
  {
    number: 31,
    fault: 'The access token ends in the middle',
    outcome: 'Renewed once for all; nothing read twice, nothing lost',
  },
  { number: 32, fault: '401 for ever', outcome: 'One renewal, then `SignInRequiredError`; the checkpoint stays' },
  {
    number: 33,
    fault: 'A claims challenge',
    outcome: 'Passed on to the credential, once for all who met it; unreadable claims are an error, no crash',
  },
  {
    number: 34,
    fault: 'The sign-in service fails, throttles, hangs or refuses',
    outcome: 'Tried again where it can help; no lock of a minute afterwards',
  },
  { number: 35, fault: 'Two requests, or servers, renew at the same time', outcome: 'One renewal for both' },
  {
    number: 36,
    fault: 'Clocks that differ',
    outcome: '5 minutes are tolerated; beyond, the clock is named as the cause',
  },
  { number: 37, fault: 'Not an administrator', outcome: '`PermissionError` with the missing role; no empty report' },
  {
    number: 38,
    fault: 'An organization that does not exist',
    outcome: '`NotFoundError` with its path, or `SignInRequiredError`; both say to check the name',
  },
  { number: 39, fault: 'An empty page with a token', outcome: 'The next page is read' },
  { number: 40, fault: 'The same token for ever', outcome: '`PaginationLoopError`' },
  { number: 41, fault: 'Tokens in a circle', outcome: '`PaginationLoopError`' },
  { number: 42, fault: 'The last token empty, `null`, missing, or the empty GUID', outcome: 'The list ends' },
  { number: 43, fault: 'Tokens with `+/=&%` and Unicode', outcome: 'Sent back encoded once' },
  { number: 44, fault: 'A user on two pages', outcome: 'Read once' },
  { number: 45, fault: 'Users who come and go while they are listed', outcome: 'Each once; nobody lost' },
  { number: 46, fault: 'A user deleted between listing and reading', outcome: 'Checked, then skipped with the reason' },
  { number: 47, fault: 'Service identities and groups', outcome: 'Skipped with the reason, not asked for' },
  { number: 48, fault: 'A user without tokens, and one with hundreds', outcome: 'Both complete' },
  { number: 49, fault: 'Three kinds of continuation tokens', outcome: 'Header, text and GUID are followed' },
  {
    number: 50,
    fault: 'Times without zone, of year 1 or 9999, or no time',
    outcome: 'UTC with the raw text beside it; never an invalid date',
  },
  {
    number: 51,
    fault: 'Names with markup, formulas, line ends, half characters',
    outcome: 'Intact and inert in every format and on the page',
  },
  { number: 52, fault: 'Unknown fields and reasons', outcome: 'Passed on' },
  { number: 53, fault: 'Called valid although it has ended', outcome: 'Both are looked at: expired' },
  { number: 54, fault: '`app_token`; no list of organizations', outcome: 'Full access; all organizations' },
  { number: 55, fault: 'A refusal inside a 200', outcome: '`PatRefusedError` with the reason and what helps' },
  {
    number: 56,
    fault: 'A creation whose answer is lost',
    outcome: 'Sent once; `OutcomeUnknownError`, and `pats.reconcile()` finds what was made',
  },
  {
    number: 57,
    fault: 'Revoked twice',
    outcome: '`alreadyRevoked` after a lost answer; otherwise an error that says so',
  },
  { number: 58, fault: 'Abort in any state', outcome: 'Ends within 50 ms with the reason; nothing more is sent' },
  { number: 59, fault: 'Ctrl-C, twice', outcome: 'Exit code 130 and the checkpoint; the second time at once' },
  { number: 60, fault: 'The process is killed', outcome: '`--resume` ends with the same report' },
  {
    number: 61,
    fault: 'Disk full, target a folder or not writable',
    outcome: 'One sentence with the path; the old file stays, the checkpoint too',
  },
  {
    number: 62,
    fault: 'More rows than a sheet has, more characters than a cell',
    outcome: 'A further sheet; cut and marked',
  },
  { number: 63, fault: 'The reader of standard output goes away', outcome: 'Ends quietly with 141' },
  { number: 64, fault: 'No terminal', outcome: 'Lines without colours' },
  {
    number: 65,
    fault: 'The page is closed, or its connection breaks',
    outcome: 'The report goes on; the page comes back behind the last event',
  },
  { number: 66, fault: 'A second start, and somebody else’s report', outcome: 'Attaches; does not exist' },
  {
    number: 67,
    fault: 'The session ends, or the server restarts, in mid-report',
    outcome: 'Waits for the sign-in; goes on where it was',
  },
  { number: 68, fault: 'The session store is down', outcome: 'A page with 503; nobody is sent to sign in in circles' },
  { number: 69, fault: 'A damaged session file', outcome: 'The session is dropped, with a word in the log' },
  {
    number: 70,
    fault: 'A workbook of hundreds of thousands of rows beside live pages',
    outcome: 'It is written in pieces with pauses for the sink, so that others are served in between',
    untested: 'A matter of time, and timings are asserted in benchmarks: see the slow sink in `npm run bench`.',
  },
]
