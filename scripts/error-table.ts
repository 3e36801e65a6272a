/**
 * Writes docs/errors.md from the error classes (code, class, what it means by its docstring, and what helps), and the codes of the sign-in
 * service in docs/faq.md from what the SDK says of them. With `--check` nothing is written: a page that is not up to date, and an error
 * without a remedy, end with exit code 1.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { serviceCodes } from '../packages/core/src/auth/service-codes.js'
import { root, withPart, writeOrCheck } from './generated-page.js'

/** An error of ours, as its class tells it. */
export interface ErrorKind {
  readonly code: string
  readonly name: string
  readonly meaning: string
}

/** What helps, for each code. */
const remedies: Readonly<Record<string, string>> = {
  PATKIT_SIGN_IN_REQUIRED: 'Give a credential that is accepted: sign in again, renew the token, or check its scopes.',
  PATKIT_INTERACTION_REQUIRED:
    'Start a sign-in with the `scopes` and `claims` of the error; `@patkit/express` does so by itself.',
  PATKIT_PERMISSION:
    'Ask an administrator for the role that the hint names, such as Project Collection Administrators.',
  PATKIT_NOT_FOUND: 'Check the name or id; some things are hidden from who may not see them.',
  PATKIT_THROTTLED: 'Try again after `retryAfterSeconds`, or allow longer pauses (`limits.maxPauseSeconds`).',
  PATKIT_NETWORK: 'Check the organization’s name, the network and the proxy (`HTTPS_PROXY`), then try again.',
  PATKIT_TIMEOUT: 'Try again; for a slow network raise `timeouts.tryMs` (`--timeout`).',
  PATKIT_SERVICE:
    'Read the message of the service; where `retryable` is true, try again later. Quote `activityId` to support.',
  PATKIT_PROTOCOL:
    'Check the base URL and what stands between: a proxy, a captive portal, a server of another version.',
  PATKIT_PAGINATION_LOOP: 'Begin the list anew; if it lasts, report it with the `activityId`.',
  PATKIT_PAT_REFUSED: 'Follow the hint of its `patTokenError`, such as an earlier end or fewer scopes.',
  PATKIT_OUTCOME_UNKNOWN: 'Call `pats.reconcile(error)`, which finds (and on request revokes) what was left behind.',
  PATKIT_PARTIAL_REVOCATION: 'Send the ids in `remaining` again: it is safe.',
  PATKIT_CHECKPOINT: 'Use the file and the options of the interrupted run, or begin a new one.',
  PATKIT_CONFIGURATION: 'Repair every field in `faults`; each says how.',
  PATKIT_TOKEN_CACHE: 'Repair the place where tokens are kept (Redis, folder), then try again.',
  PATKIT_SESSION_STORE: 'Repair the place where sessions are kept, then try again.',
  PATKIT_REPORT_EXISTS: 'Choose another name, or allow the file to be replaced (`overwrite`, `--force`).',
  PATKIT_REPORT_NO_SPACE: 'Make room, then write the report again; `--resume` asks only for the rest.',
  PATKIT_REPORT_NOT_WRITABLE: 'Check folder and rights, and that no other program holds the file.',
}

/** The error classes in a source file, in its order. One class may have several codes. */
export function errorKindsIn(text: string): ErrorKind[] {
  const source = ts.createSourceFile('errors.ts', text, ts.ScriptTarget.Latest, true)
  const unions = new Map<string, string[]>()
  const kinds: ErrorKind[] = []
  source.forEachChild((node) => {
    if (ts.isTypeAliasDeclaration(node)) unions.set(node.name.text, literalsIn(node.type))
    if (!ts.isClassDeclaration(node) || node.name === undefined) return
    const name = node.name.text
    const meaning = firstSentences(ts.getJSDocCommentsAndTags(node)[0]?.comment)
    for (const code of node.members.flatMap((member) => codesOf(member, unions))) kinds.push({ code, name, meaning })
  })
  return kinds
}

function codesOf(member: ts.ClassElement, unions: ReadonlyMap<string, string[]>): string[] {
  if (!ts.isPropertyDeclaration(member) || member.name.getText() !== 'code') return []
  if (member.initializer !== undefined && ts.isStringLiteral(member.initializer)) return [member.initializer.text]
  return unions.get(member.type?.getText() ?? '') ?? []
}

function literalsIn(type: ts.TypeNode): string[] {
  const members = ts.isUnionTypeNode(type) ? type.types : [type]
  return members.flatMap((each) =>
    ts.isLiteralTypeNode(each) && ts.isStringLiteral(each.literal) ? [each.literal.text] : [],
  )
}

function firstSentences(comment: string | ts.NodeArray<ts.JSDocComment> | undefined): string {
  return (ts.getTextOfJSDocComment(comment) ?? '').split('\n\n', 1)[0]?.replaceAll('\n', ' ').trim() ?? ''
}

const sources = ['core', 'report', 'express'] as const

async function main(): Promise<void> {
  const kinds = sources.flatMap((name) => {
    const text = readFileSync(path.join(root, 'packages', name, 'src', 'errors.ts'), 'utf8')
    return errorKindsIn(text).map((kind) => ({ ...kind, from: `@patkit/${name}` }))
  })
  const complaints = kinds.flatMap(({ code, name, meaning }) => [
    ...(remedies[code] === undefined ? [`${name}: ${code} has no remedy in scripts/error-table.ts`] : []),
    ...(meaning === '' ? [`${name} has no docstring`] : []),
  ])
  for (const code of Object.keys(remedies))
    if (!kinds.some((kind) => kind.code === code)) complaints.push(`${code} has a remedy, but no class`)
  const rows = kinds.map(
    ({ code, name, from, meaning }) => `| \`${code}\` | \`${name}\` (${from}) | ${meaning} | ${remedies[code] ?? ''} |`,
  )
  const markdown = `# Errors

Every error that patkit throws on purpose has a \`code\` that never changes, a message that says what was tried, and mostly a \`hint\` that says what helps. \`isPatkitError(error)\`
of \`@patkit/core\` knows them all, also those of another copy of the package. Wrong arguments are \`TypeError\` or \`RangeError\` instead. None of them holds a secret.

Made from the classes by \`npm run docs:errors\`.

| code | class | meaning | what helps |
| --- | --- | --- | --- |
${rows.join('\n')}
`
  const summary = `errors: ${kinds.length} codes`
  const command = 'npm run docs:errors'
  await writeOrCheck({ name: 'errors.md', markdown, command, complaints, summary })
  await writeCodes(command)
}

function writeCodes(command: string): Promise<void> {
  const rows = Object.entries(serviceCodes).map(([code, { meaning, remedy }]) => `| ${code} | ${meaning} | ${remedy} |`)
  const table = ['| code | what it means | what helps |', '| --- | --- | --- |', ...rows].join('\n')
  const markdown = withPart('faq.md', 'codes of the sign-in service', table)
  const summary = `codes of the sign-in service: ${rows.length}`
  return writeOrCheck({ name: 'faq.md', markdown, command, complaints: [], summary })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
