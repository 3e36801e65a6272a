import type { CommandPart } from './context.js'

/** A command by its words, and how it is loaded: only the one that was asked for is. */
export interface CommandEntry {
  /** `['pats', 'create']` is `patkit pats create`. */
  readonly words: readonly [string] | readonly [string, string]
  /** One line for the list of commands. */
  readonly description: string
  /** Kept settings stand in for variables that are not set, unless the command looks at them by itself. */
  readonly settings?: 'looked-at-by-itself'
  load(): Promise<CommandPart>
}

/** Words that lead to several commands. */
export const groups: readonly { readonly name: string; readonly description: string }[] = [
  { name: 'users', description: 'Who is in an organization.' },
  { name: 'pats', description: 'Your own personal access tokens.' },
  { name: 'tokens', description: "Anybody's personal access tokens, for administrators." },
  { name: 'rules', description: 'Revocation rules, for administrators.' },
  { name: 'app', description: 'Application registrations in Entra ID.' },
  { name: 'config', description: 'Settings that are kept.' },
]

/** Every command, in the order of the help. */
export const commands: readonly CommandEntry[] = [
  {
    words: ['report'],
    description: 'Write a report of every user and every token of an organization.',
    load: async () => (await import('./commands/report.js')).reportCommand,
  },
  {
    words: ['diff'],
    description: 'Compare two reports: new, gone, extended, expiring and changed tokens.',
    load: async () => (await import('./commands/diff.js')).diffCommand,
  },
  {
    words: ['revoke'],
    description: 'Revoke tokens of anybody, for administrators. A dry run unless you say --yes.',
    load: async () => (await import('./commands/revoke.js')).revokeCommand,
  },
  {
    words: ['users', 'list'],
    description: 'List the users of an organization.',
    load: async () => (await import('./commands/users.js')).usersListCommand,
  },
  {
    words: ['tokens', 'list'],
    description: "List one user's tokens.",
    load: async () => (await import('./commands/tokens.js')).tokensListCommand,
  },
  {
    words: ['rules', 'create'],
    description: 'Reject self-describing tokens by scope and age.',
    load: async () => (await import('./commands/rules.js')).rulesCreateCommand,
  },
  {
    words: ['pats', 'list'],
    description: 'List your tokens.',
    load: async () => (await import('./commands/pats.js')).patsListCommand,
  },
  {
    words: ['pats', 'get'],
    description: 'Show one of your tokens.',
    load: async () => (await import('./commands/pats.js')).patsGetCommand,
  },
  {
    words: ['pats', 'create'],
    description: 'Create a token; its secret goes where you say, and only there.',
    load: async () => (await import('./commands/pats-create.js')).patsCreateCommand,
  },
  {
    words: ['pats', 'update'],
    description: 'Change the name, scopes or end of a token.',
    load: async () => (await import('./commands/pats.js')).patsUpdateCommand,
  },
  {
    words: ['pats', 'rotate'],
    description: 'Replace a token: create another, deliver its secret, revoke the old one.',
    load: async () => (await import('./commands/pats-create.js')).patsRotateCommand,
  },
  {
    words: ['pats', 'revoke'],
    description: 'Revoke your tokens for good.',
    load: async () => (await import('./commands/pats-revoke.js')).patsRevokeCommand,
  },
  {
    words: ['pats', 'reconcile'],
    description: 'Find what a creation with unknown outcome left behind.',
    load: async () => (await import('./commands/pats-create.js')).patsReconcileCommand,
  },
  {
    words: ['login'],
    description: 'Sign in, and keep the sign-in for the commands to come.',
    load: async () => (await import('./commands/login.js')).loginCommand,
  },
  {
    words: ['logout'],
    description: 'Forget the kept sign-in.',
    load: async () => (await import('./commands/logout.js')).logoutCommand,
  },
  {
    words: ['whoami'],
    description: 'Tell whom commands act for, and until when.',
    load: async () => (await import('./commands/whoami.js')).whoamiCommand,
  },
  {
    words: ['app', 'create'],
    description: 'Register an application to sign in with.',
    load: async () => (await import('./commands/app-create.js')).appCreateCommand,
  },
  {
    words: ['app', 'delete'],
    description: 'Delete an application registration.',
    load: async () => (await import('./commands/app-delete.js')).appDeleteCommand,
  },
  {
    words: ['config', 'list'],
    description: 'List every setting and where it comes from.',
    settings: 'looked-at-by-itself',
    load: async () => (await import('./commands/config.js')).configListCommand,
  },
  {
    words: ['config', 'get'],
    description: 'Print one setting.',
    settings: 'looked-at-by-itself',
    load: async () => (await import('./commands/config.js')).configGetCommand,
  },
  {
    words: ['config', 'set'],
    description: 'Keep a setting.',
    settings: 'looked-at-by-itself',
    load: async () => (await import('./commands/config.js')).configSetCommand,
  },
  {
    words: ['config', 'unset'],
    description: 'Drop a setting.',
    settings: 'looked-at-by-itself',
    load: async () => (await import('./commands/config.js')).configUnsetCommand,
  },
  {
    words: ['config', 'path'],
    description: 'Print where settings are kept.',
    settings: 'looked-at-by-itself',
    load: async () => (await import('./commands/config.js')).configPathCommand,
  },
  {
    words: ['doctor'],
    description: 'Look for what keeps commands from working, and say what helps.',
    settings: 'looked-at-by-itself',
    load: async () => (await import('./commands/doctor.js')).doctorCommand,
  },
  {
    words: ['emulator'],
    description: 'Start a stand-in for Azure DevOps and Entra ID on this machine.',
    settings: 'looked-at-by-itself',
    load: async () => (await import('./commands/emulator.js')).emulatorCommand,
  },
  {
    words: ['completion'],
    description: 'Print the completion script of a shell.',
    settings: 'looked-at-by-itself',
    load: async () => (await import('./commands/completion.js')).completionCommand,
  },
]

/** The command that a command line asks for, or asks for help about; `undefined` where it names none. */
export function commandIn(argv: readonly string[]): CommandEntry | undefined {
  const [first, second] = argv[0] === 'help' ? argv.slice(1) : argv
  return commands.find(({ words }) => words[0] === first && (words[1] === undefined || words[1] === second))
}
