/**
 * Writes docs/configuration.md from what the code itself reads: interfaces with their docstrings, and the options of the command. With
 * `--check` nothing is written: a page that is not up to date, and a setting that nothing is said of, end with exit code 1.
 */
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command, type Option } from 'commander'
import ts from 'typescript'
import { settings } from '../packages/cli/src/config-file.js'
import { addConnectionOptions } from '../packages/cli/src/connection.js'
import { commands } from '../packages/cli/src/registry.js'
import { compilerOptionsOf } from './compiler-options.js'
import { root, writeOrCheck } from './generated-page.js'

/** One thing that can be set. */
export interface Setting {
  readonly name: string
  readonly type: string
  readonly required: boolean
  /** Its docstring, in one line. */
  readonly meaning: string
}

/** An interface whose members are settings. */
interface Source {
  readonly file: string
  readonly name: string
}

const variables = {
  signIn: { file: 'packages/core/src/config/environment.ts', name: 'SignInVariables' },
  storage: { file: 'packages/express/src/storage.ts', name: 'StorageVariables' },
  listen: { file: 'examples/kit/src/environment.ts', name: 'ListenVariables' },
  site: { file: 'examples/flask-parity-web/src/settings.ts', name: 'SiteVariables' },
  proxy: { file: 'packages/core/src/http/proxy.ts', name: 'ProxyVariables' },
  command: { file: 'packages/cli/src/io.ts', name: 'CommandVariables' },
} as const satisfies Readonly<Record<string, Source>>

/** Options of the packages, in the order in which somebody meets them. */
const options: readonly (Source & { readonly of: string; readonly from: string })[] = [
  { file: 'packages/core/src/devops/client.ts', name: 'DevOpsClientOptions', of: 'new DevOpsClient(…)', from: 'core' },
  { file: 'packages/core/src/http/gate.ts', name: 'Limits', of: '`limits`', from: 'core' },
  { file: 'packages/core/src/http/retry.ts', name: 'TimeoutOptions', of: '`timeouts`', from: 'core' },
  { file: 'packages/core/src/http/retry.ts', name: 'RetryOptions', of: '`retry`', from: 'core' },
  { file: 'packages/core/src/devops/scan.ts', name: 'ScanOptions', of: 'devops.scanTokens(…)', from: 'core' },
  { file: 'packages/core/src/auth/client.ts', name: 'AuthClientOptions', of: 'new AuthClient(…)', from: 'core' },
  { file: 'packages/express/src/sign-in.ts', name: 'SignInOptions', of: 'signIn(…)', from: 'express' },
  { file: 'packages/express/src/sign-in.ts', name: 'SessionSettings', of: '`session`', from: 'express' },
  { file: 'packages/express/src/storage.ts', name: 'FileStorageOptions', of: 'fileStorage(…)', from: 'express' },
  {
    file: 'packages/express/src/storage-redis.ts',
    name: 'RedisStorageOptions',
    of: 'redisStorage(…)',
    from: 'express',
  },
  { file: 'packages/report/src/report.ts', name: 'ReportOptions', of: 'writeReport(…)', from: 'report' },
  { file: 'packages/report/src/write-csv.ts', name: 'CsvOptions', of: '`csv`', from: 'report' },
  { file: 'packages/report/src/write-html.ts', name: 'HtmlOptions', of: '`html`', from: 'report' },
  { file: 'packages/emulator/src/emulator.ts', name: 'EmulatorOptions', of: 'startEmulator(…)', from: 'emulator' },
]

/** Reads interfaces with the compiler, inherited members included. */
export class InterfaceReader {
  readonly #program: ts.Program
  readonly #checker: ts.TypeChecker

  constructor(files: readonly string[]) {
    this.#program = ts.createProgram([...files], compilerOptionsOf(root))
    this.#checker = this.#program.getTypeChecker()
  }

  /** @throws Error when there is no such interface. */
  settingsOf(file: string, name: string): Setting[] {
    const found = this.#program.getSourceFile(file)?.statements.find((node) => isInterface(node, name))
    if (found === undefined) throw new Error(`${file} has no interface ${name}`)
    const members = this.#checker.getTypeAtLocation(found).getProperties()
    return members.map((member) => this.#toSetting(member))
  }

  #toSetting(member: ts.Symbol): Setting {
    const comment = ts.displayPartsToString(member.getDocumentationComment(this.#checker))
    const [declaration] = member.declarations ?? []
    const type = declaration !== undefined && ts.isPropertySignature(declaration) ? declaration.type?.getText() : ''
    return {
      name: member.name,
      type: oneLine(type ?? '').replace(/ \| undefined$/, ''),
      required: (member.flags & ts.SymbolFlags.Optional) === 0,
      meaning: oneLine(comment).replace(/\{@link ([^}]+?) *\}/g, '`$1`'),
    }
  }
}

function isInterface(node: ts.Node, name: string): node is ts.InterfaceDeclaration {
  return ts.isInterfaceDeclaration(node) && node.name.text === name
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim()
const cell = (text: string): string => text.replaceAll('|', '\\|')

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.map(cell).join(' | ')} |`).join('\n')
}

function variableTable(list: readonly Setting[]): string {
  const rows = list.map(({ name, required, meaning }) => [`\`${name}\``, required ? `**Needed.** ${meaning}` : meaning])
  return table(['variable', 'meaning'], rows)
}

function optionTable(list: readonly Setting[]): string {
  const rows = list.map(({ name, type, required, meaning }) => [
    `\`${name}\``,
    `\`${type}\``,
    required ? `**Needed.** ${meaning}` : meaning,
  ])
  return table(['option', 'type', 'meaning'], rows)
}

function switchTable(list: readonly Option[]): string {
  const rows = list.map(({ flags, description, defaultValue }) => {
    const ends = defaultValue === undefined ? '' : `; ${String(defaultValue)} unless given`
    return [`\`${flags}\``, `${description}${ends}`]
  })
  return table(['option', 'meaning'], rows)
}

async function commandTables(): Promise<string> {
  const common = addConnectionOptions(new Command()).options
  const isCommon = ({ long }: Option): boolean => common.some((option) => option.long === long)
  const parts = await Promise.all(
    commands.map(async (entry) => {
      const { words, description } = entry
      const own = (await entry.load()).addOptions(new Command(words.at(-1)))
      const isConnected = common.every(({ long }) => own.options.some((option) => option.long === long))
      const rest = isConnected ? own.options.filter((option) => !isCommon(option)) : own.options
      const values = own.registeredArguments.map((each) => ` ${argumentText(each)}`).join('')
      return [
        `### \`patkit ${words.join(' ')}${values}\``,
        `${description}${isConnected ? ' Asks the service, so it has the common options as well.' : ''}`,
        ...(rest.length === 0 ? [] : [switchTable(rest)]),
      ].join('\n\n')
    }),
  )
  return [
    '### Common options',
    'Of every command that asks the service.',
    switchTable(common.filter(({ long }) => long !== '--help')),
    ...parts,
  ].join('\n\n')
}

function argumentText(argument: { name(): string; readonly required: boolean; readonly variadic: boolean }): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`
  return argument.required ? `<${name}>` : `[${name}]`
}

async function main(): Promise<void> {
  const reader = new InterfaceReader([...Object.values(variables), ...options].map(({ file }) => path.join(root, file)))
  const complaints: string[] = []
  let count = 0
  const read = ({ file, name }: Source): Setting[] => {
    const list = reader.settingsOf(path.join(root, file), name)
    count += list.length
    complaints.push(...list.filter(({ meaning }) => meaning === '').map((each) => `${name}.${each.name} says nothing`))
    return list
  }
  const kept = Object.entries(settings).map(([name, { variable, option, meaning }]) => [
    `\`${name}\``,
    `\`${variable}\``,
    `\`${option}\``,
    meaning,
  ])
  const sdk = options.map((source) => {
    const title = source.of.startsWith('`') ? `${source.of} of \`@patkit/${source.from}\`` : `\`${source.of}\``
    return `### ${title}\n\n\`${source.name}\` of [@patkit/${source.from}](../packages/${source.from}/README.md).\n\n${optionTable(read(source))}`
  })
  const markdown = `# Configuration

Everything that can be set, made from the code that reads it by \`npm run docs:configuration\`. A variable that is empty counts as not set. What is missing or wrong is named all
at once, each with what helps; \`patkit doctor\` and \`await auth.doctor()\` look further and ask the services.

Of a site: [sign-in](#sign-in) · [sessions](#sessions) · [where it listens](#where-an-example-site-listens) · [proxies](#proxies). Of the command:
[variables](#variables-of-the-command) · [kept settings](#kept-settings) · [options](#options-of-the-command). Of a program: [options](#options-in-code).

## Sign-in

Read by \`authConfigFromEnv()\` of [@patkit/core](../packages/core/README.md). Needed besides \`CLIENT_ID\`: \`CLIENT_SECRET\` or \`CLIENT_CERTIFICATE_PATH\`; and
who may sign in: one of \`TENANT_ID\`, \`AUTHORITY\`, \`OIDC_AUTHORITY\` and \`B2C_TENANT_NAME\` with \`SIGNUPSIGNIN_USER_FLOW\`.

${variableTable(read(variables.signIn))}

## Sessions

Read by \`storageFromEnv()\` of [@patkit/express](../packages/express/README.md).

${variableTable(read(variables.storage))}

## Where an example site listens

${variableTable(read(variables.listen))}

[flask-parity-web](../examples/flask-parity-web/README.md) also reads:

${variableTable(read(variables.site))}

\`NODE_ENV=production\` refuses an emulator.

## Proxies

Read by whatever asks a service: the command, \`DevOpsClient\`, \`AuthClient\`, \`environmentFetch()\`. In small letters as well. \`NODE_EXTRA_CA_CERTS\` is Node's own: the file with the certificate of a
proxy that breaks TLS open.

${variableTable(read(variables.proxy))}

## Variables of the command

An option goes before its variable, a variable before a kept setting. The access token is the first that is set of \`--token-command\`, \`PATKIT_TOKEN_COMMAND\`,
\`PATKIT_ACCESS_TOKEN\`, \`AZURE_DEVOPS_EXT_PAT\` and the sign-in of \`patkit login\`.

${variableTable(read(variables.command))}

## Kept settings

\`patkit config set NAME VALUE\` keeps them; none is a secret.

${table(['setting', 'variable', 'option', 'meaning'], kept)}

## Options of the command

${await commandTables()}

## Options in code

${sdk.join('\n\n')}
`
  const summary = `configuration: ${count} settings, ${commands.length} commands`
  await writeOrCheck({
    name: 'configuration.md',
    markdown,
    command: 'npm run docs:configuration',
    complaints,
    summary,
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
