import type { PageContent } from '@patkit/express'

/** What is said to who opens an address that changes something, as the originals let every link do. */
export function formOnly(startHref: string): PageContent {
  return {
    status: 405,
    title: 'This address does not open a page',
    message: 'It changes something, so a form has to be sent to it: a link must not do that.',
    actions: [{ kind: 'link', label: 'Go to the form', href: startHref }],
  }
}
