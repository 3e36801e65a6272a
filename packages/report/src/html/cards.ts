import type { Totals } from '../summary.js'
import { count, counted, flagNames } from '../wording.js'
import type { ReportContext } from '../writer.js'
import { markup, type Markup } from './markup.js'

interface Card {
  readonly value: number
  readonly name: string
  readonly detail: string
  /** The colour of a number that is not 0. */
  readonly tone: 'good' | 'warn' | 'bad' | 'quiet' | 'plain'
}

/** How many tokens have which status. */
export function statusCards({ expiringWithinDays }: ReportContext, { tokens, status, users }: Totals): Markup {
  const days = counted(expiringWithinDays, 'day', 'days')
  return cardSection('Status', 'status', [
    { value: tokens, name: 'Tokens', detail: `of ${counted(users.read, 'user', 'users')} read`, tone: 'plain' },
    { value: status.active, name: 'Active', detail: `work for more than ${days}`, tone: 'good' },
    { value: status.expiring, name: 'Expiring', detail: `end within ${days}`, tone: 'warn' },
    { value: status.expired, name: 'Expired', detail: 'no longer work', tone: 'bad' },
    { value: status.revoked, name: 'Revoked', detail: 'were ended early', tone: 'quiet' },
  ])
}

/** How many tokens that still work have which flag. */
export function flagCards({ flags, workingFlags, workingOfDeletedOwners }: Totals): Markup {
  const inAll = (number: number): string => `still work; ${count(number)} in all`
  return cardSection('Worth a look', 'flags', [
    { value: workingFlags.fullScope, name: flagNames.fullScope, detail: inAll(flags.fullScope), tone: 'bad' },
    {
      value: workingFlags.allOrganizations,
      name: flagNames.allOrganizations,
      detail: inAll(flags.allOrganizations),
      tone: 'warn',
    },
    { value: workingFlags.overLongLife, name: flagNames.overLongLife, detail: inAll(flags.overLongLife), tone: 'warn' },
    { value: workingFlags.noExpiry, name: flagNames.noExpiry, detail: inAll(flags.noExpiry), tone: 'bad' },
    { value: workingOfDeletedOwners, name: 'Owner deleted', detail: 'still work without their owner', tone: 'bad' },
  ])
}

function cardSection(title: string, id: string, cards: readonly Card[]): Markup {
  return markup`<section aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
<ul class="cards">
${cards.map(cardItem)}</ul>
</section>
`
}

function cardItem({ value, name, detail, tone }: Card): Markup {
  const shade = value === 0 ? 'plain' : tone
  return markup`<li class="card ${shade}"><b>${count(value)}</b> <span>${name}</span> <small>${detail}</small></li>\n`
}
