/** A fault that a test shows, and what happens then; or one that no test here can show, and why. */
export type Fault =
  { readonly fault: string; readonly outcome: string } | { readonly fault: string; readonly untested: string }

/** Faults of one kind, under the numbers that tests bear in their names. */
export interface FaultSection {
  readonly title: string
  readonly faults: Readonly<Record<number, Fault>>
}

const webPages = 'It concerns report pages in a browser, which this repository does not have yet.'

/** Everything that is known to go wrong between a report and the service. */
export const catalogue: readonly FaultSection[] = [
  {
    title: 'Connection and transport',
    faults: {
      1: {
        fault: 'The name of the host is not found (`ENOTFOUND`, `EAI_AGAIN`)',
        outcome: 'Tried 4 times, also a creation; then a `NetworkError` that names the host.',
      },
      2: {
        fault: 'The connection is refused',
        outcome: 'Tried 4 times, also a creation, which cannot have been seen; then a `NetworkError`.',
      },
      3: {
        fault: 'The certificate is self-signed, expired or for another name',
        outcome: 'Not tried again; the error names the cause and `NODE_EXTRA_CA_CERTS`.',
      },
      4: {
        fault: 'The connection is reset before the answer',
        outcome: 'A read is sent again; a creation is not, and ends with `OutcomeUnknownError`.',
      },
      5: {
        fault: 'The connection is reset in the middle of a body',
        outcome: 'The whole page is read again: a scan has the rows of one without faults.',
      },
      6: { fault: 'The body ends before its `Content-Length`', outcome: 'Read again; never taken for whole.' },
      7: { fault: 'A chunked body ends without its last chunk', outcome: 'Read again; never taken for whole.' },
      8: {
        fault: 'Silence before the headers',
        outcome: 'Given up after `timeouts.tryMs` and asked again, until `timeouts.callMs` is over.',
      },
      9: {
        fault: 'A body that falls silent, or drips',
        outcome: 'The limit of a try covers the body: given up and asked again. A slow body within the limit is taken.',
      },
      10: {
        fault: 'A kept connection was closed at the moment of its reuse',
        outcome: 'Replaced unseen by reads: no pause, no retry is told. A creation is not sent twice.',
      },
      11: {
        fault: 'A body packed by gzip or brotli; cut; not packed at all',
        outcome: 'Unpacked; read again; `ProtocolError` after 4 tries.',
      },
      12: {
        fault: 'A page of 200,000 users; a body of 100 MB, also a small one that unpacks to that',
        outcome: 'Read; `ProtocolError` as soon as more than 64 MiB are announced or unpacked.',
      },
      13: {
        fault: 'A proxy in `HTTPS_PROXY`, exceptions in `NO_PROXY`, a proxy that refuses',
        outcome: 'Used by itself, with one tunnel for many requests; a refusal (407) is explained and not repeated.',
      },
      14: { fault: '`localhost` is closed on IPv6 and open on IPv4', outcome: 'Connects.' },
    },
  },
  {
    title: 'Protocol and throttling',
    faults: {
      15: { fault: '429 with `Retry-After` in seconds', outcome: 'Waited out to the millisecond, by everybody.' },
      16: { fault: '429 with `Retry-After` as a date', outcome: 'As 15.' },
      17: {
        fault: '429 without `Retry-After`',
        outcome: 'Waits up to 1, 2 and 4 s of its own, by chance (full jitter).',
      },
      18: {
        fault: '429 with `Retry-After` of 0, -5, a past date, `abc`, 1.5, 1e9, or in milliseconds',
        outcome:
          'At once; at once; at once; own pause; 1.5 s; `ThrottledError` at once, because it is beyond `limits.maxPauseSeconds`; to the millisecond.',
      },
      19: {
        fault: '429 for everybody at the same time',
        outcome:
          'One pause for all, in which nothing is sent, not even by those who were waiting for a token; then one request probes.',
      },
      20: {
        fault: '200 with `Retry-After`, `X-RateLimit-Delay` or nothing left',
        outcome: 'A success that delays the next calls; progress and terminal say that the service throttles.',
      },
      21: {
        fault: '503 once; with `Retry-After`; for ever',
        outcome: 'Read again; after the pause asked for; `ServiceError` after 4 tries, each of which it lists.',
      },
      22: { fault: '408, 500, 502, 504 once; 501, 505', outcome: 'Read again; an error at once.' },
      23: {
        fault: '203 with the sign-in page',
        outcome: 'One new token, then `SignInRequiredError`; never an empty list.',
      },
      24: {
        fault: 'A redirect to the sign-in page, here or elsewhere',
        outcome: 'As 23. It is not followed, so the credential goes nowhere else.',
      },
      25: { fault: '200 with a web page, words or nothing', outcome: '`ProtocolError`; never an empty list.' },
      26: { fault: 'JSON that claims to be text, or begins with a byte order mark', outcome: 'Taken.' },
      27: {
        fault: 'JSON that is cut, `null`, a list, or without `value`',
        outcome: 'Cut JSON is read again; the others are a `ProtocolError` that names the field.',
      },
      28: { fault: 'Headers in any case, or repeated by a proxy', outcome: 'Read as if sent once.' },
      29: { fault: 'DELETE answered by 204, by nothing, by `{}`', outcome: 'Done.' },
      30: {
        fault: '400, 409, 413, 414 with the reason as JSON',
        outcome: 'Not repeated; `ServiceError` with the service’s words and `typeKey`.',
      },
    },
  },
  {
    title: 'Authorization',
    faults: {
      31: {
        fault: 'The access token ends in the middle of a run',
        outcome: 'Renewed once for all; the scan goes on, reads nobody twice and loses nobody.',
      },
      32: {
        fault: '401 for ever',
        outcome: 'One renewal, then `SignInRequiredError`; the command ends with 4 and keeps its checkpoint.',
      },
      33: {
        fault: 'A claims challenge (conditional access); one that cannot be read',
        outcome: 'Passed to the credential once for all who met it, or carried by the error; an error without claims.',
      },
      34: {
        fault: 'The sign-in service fails, refuses, hangs, or sends a web page',
        outcome:
          'Renewals are tried again and lock nothing; a refusal says whether a person or the configuration has to change.',
      },
      35: { fault: 'Two pages or two servers renew at once', outcome: 'One renewal, for both.' },
      36: { fault: 'A clock that is wrong', outcome: 'Tolerated up to 5 minutes, then named as the cause.' },
      37: {
        fault: 'The identity is no administrator, or a policy forbids it',
        outcome: 'Stops after 5 refusals without a success, names the role, and writes no empty report.',
      },
      38: {
        fault: 'The organization does not exist',
        outcome: '`NotFoundError`, or `SignInRequiredError` where the sign-in page comes; both say to check the name.',
      },
    },
  },
  {
    title: 'Paging and data',
    faults: {
      39: { fault: 'An empty page with a continuation token', outcome: 'Goes on.' },
      40: { fault: 'The same token for ever', outcome: '`PaginationLoopError` at its first return.' },
      41: { fault: 'Tokens in a circle', outcome: '`PaginationLoopError` when the circle closes.' },
      42: { fault: 'A last page with no token, null, an empty one, or an empty GUID', outcome: 'Ends.' },
      43: { fault: 'Tokens with `+/=&%`, spaces, letters of any script', outcome: 'Sent back encoded once.' },
      44: { fault: 'A user comes again on a later page', outcome: 'Listed and read once.' },
      45: { fault: 'Users come and go while pages are read', outcome: 'Nobody twice; who is gone is skipped.' },
      46: {
        fault: 'A user is deleted before their tokens are read',
        outcome: 'Skipped, after a second look at the user.',
      },
      47: {
        fault: 'Service identities, groups, imported identities',
        outcome: 'Not asked for where there can be no tokens; a refusal for the others is no failure.',
      },
      48: { fault: 'A user without tokens; one with 5,000', outcome: 'Present; complete.' },
      49: { fault: 'Three APIs, three places for the continuation token', outcome: 'Each is followed.' },
      50: {
        fault: 'Times without a zone, with 7 digits, at both ends of time, missing, or no times',
        outcome: 'UTC wherever the machine is; null beside the service’s own text; never an invalid date.',
      },
      51: {
        fault: 'Names that are empty, very long, right-to-left, with control characters, markup or formulas',
        outcome: 'Pass through; every format of the report shows them as text.',
      },
      52: {
        fault: 'Unknown words and fields; a number in the place of a text',
        outcome: 'Words are passed on, fields left out; that user fails by name of the field, nobody else.',
      },
      53: {
        fault: 'Called valid after its end; an end before the beginning',
        outcome: 'The status follows from both.',
      },
      54: {
        fault: 'Full access, long lists of scopes, all organizations',
        outcome: 'Passed on, and flagged in the report.',
      },
      55: { fault: '200 with a `patTokenError`', outcome: '`PatRefusedError` with the reason and what helps.' },
      56: {
        fault: 'A token is created but its answer is lost',
        outcome: 'Sent once; `OutcomeUnknownError`; `pats.reconcile()` finds and revokes the orphan.',
      },
      57: {
        fault: 'A token is revoked twice',
        outcome: 'Gone after a lost answer means revoked; otherwise the error says that it may have been.',
      },
    },
  },
  {
    title: 'Process and output',
    faults: {
      58: {
        fault: 'An abort in any state; Ctrl-C',
        outcome: 'Ends within 50 ms, sends nothing more, leaves no file; the command ends with 130.',
      },
      59: { fault: 'A second Ctrl-C', outcome: 'Ends at once.' },
      60: {
        fault: 'Killed in the middle of a report',
        outcome: '`--resume` asks for the rest; the report equals one that was not interrupted.',
      },
      61: {
        fault: 'The disk is full, the file is open elsewhere, read-only or a folder',
        outcome: 'Named with the file and what helps; old files stay as they were, the checkpoint is kept.',
      },
      62: {
        fault: 'More rows than a sheet holds; more text than a cell',
        outcome: 'A further sheet; cut, and marked.',
      },
      63: { fault: 'The reader of standard output goes away', outcome: 'Ends quietly with 141.' },
      64: { fault: 'No terminal, a dumb one, CI', outcome: 'Plain lines, no escape sequences.' },
      65: { fault: 'The browser loses the event stream and comes back', untested: webPages },
      66: { fault: 'Two people start reports, or one starts two', untested: webPages },
      67: { fault: 'The session ends, or the server restarts, during a report', untested: webPages },
      68: {
        fault: 'The store of sessions is down',
        outcome: 'A page with 503; nobody is sent round in circles to sign in.',
      },
      69: { fault: 'The file of a session is damaged', outcome: 'That session is dropped; nothing else happens.' },
      70: { fault: 'A large workbook keeps the process busy while pages wait for news', untested: webPages },
    },
  },
]
