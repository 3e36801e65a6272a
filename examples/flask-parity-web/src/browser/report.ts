import { Announcer } from './announcer.js'
import { Figures } from './figures.js'
import { FilterForm } from './filter-form.js'
import { ProgressPanel } from './progress-panel.js'
import { Selection } from './selection.js'
import { listen } from './stream.js'
import { TokenTable } from './table.js'
import { UnreadUsers } from './unread-users.js'

/** Makes the page of a report live: rows as they come, filters and order at any time, figures that follow. */
function start(page: HTMLElement): void {
  const announcer = new Announcer()
  const selection = new Selection()
  const filters = new FilterForm()
  const figures = new Figures((query) => filters.use(query))
  const table = new TokenTable(selection, () => filters.current)
  const progress = new ProgressPanel(announcer)
  const unread = new UnreadUsers()

  filters.onChange(() => table.draw())
  selection.onSelectAll(() => table.selectShown())
  listen(`/reports/${page.dataset['report'] ?? ''}/events`, {
    progress: (data) => progress.show(data),
    unread: (users) => unread.add(users),
    rows: (rows) => figures.add(table.add(rows)),
    revoked: (ids) => figures.replace(table.revoke(ids)),
    end: (data) => progress.show(data),
    signedOut: () => progress.sayHowToSignIn(),
    offline: () => progress.sayOffline(),
    online: () => progress.sayOnline(),
  })
}

const page = document.getElementById('report')
if (page !== null) start(page)
