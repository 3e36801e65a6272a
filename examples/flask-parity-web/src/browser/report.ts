import { readFilter } from '../report/filter.js'
import { plural } from '../report/words.js'
import { Address } from './address.js'
import { Announcer } from './announcer.js'
import { byId } from './elements.js'
import { Figures } from './figures.js'
import { FilterForm } from './filter-form.js'
import { renewForms } from './forms.js'
import { ProgressPanel } from './progress-panel.js'
import { Selection } from './selection.js'
import { ReportStream } from './stream.js'
import { TokenTable } from './table.js'
import { UnreadUsers } from './unread-users.js'

/** Makes the page of a report live: rows as they come, filters and order at any time, figures that follow. */
function start(report: string): void {
  const announcer = new Announcer()
  const address = new Address()
  const selection = new Selection(report)
  const form = new FilterForm(address)
  const figures = new Figures((query) => {
    form.show(readFilter(new URLSearchParams(query)))
    byId('tokens-heading', HTMLHeadingElement).focus()
  })
  const table = new TokenTable(selection, address)
  const panel = new ProgressPanel(announcer)
  const unread = new UnreadUsers()

  address.onChange(() => {
    table.draw()
    announcer.say(`${plural(table.matching, 'token')} shown`, true)
  })
  addEventListener('offline', () => panel.say('offline'))
  addEventListener('online', () => panel.say(undefined))
  new ReportStream(`/reports/${report}/events`, {
    progress: (data) => panel.show(data),
    unread: (users, isWhole) => unread.show(users, isWhole),
    rows: (rows) => figures.add(table.add(rows)),
    revoked: (ids) => figures.replace(table.revoke(ids)),
    end: (data) => {
      panel.show(data)
      table.end()
    },
    connected: () => {
      if (panel.trouble === 'signed-out') void renewForms()
      panel.say(undefined)
    },
    interrupted: () => panel.say('interrupted'),
    signedOut: () => panel.say('signed-out'),
    gone: () => panel.say('gone'),
  })
}

const page = document.getElementById('report')
if (page !== null) start(page.dataset['report'] ?? '')
