// Shows and copies a new token's secret. Without it the page has the secret folded; with it the secret stands nowhere in the page
// unless it is being shown, and is gone when somebody leaves.

const mask = '•'.repeat(24)

/** What of the page is used. */
interface Parts {
  readonly shown: HTMLInputElement
  readonly show: HTMLButtonElement
  readonly copy: HTMLButtonElement
  readonly word: HTMLElement
}

function start(box: HTMLElement): void {
  const part = (name: string): HTMLElement | null => box.querySelector<HTMLElement>(`[data-${name}]`)
  const [folded, secret, controls, word] = [part('folded'), part('secret'), part('controls'), part('word')]
  const [shown, show, copy] = [part('shown'), part('show'), part('copy')]
  if (!folded || !secret || !controls || !word) return
  if (!(shown instanceof HTMLInputElement && isButton(show) && isButton(copy))) return
  const value = secret.textContent.trim()
  folded.remove()
  controls.hidden = false
  keepOffReload(box.dataset['page'])
  run({ shown, show, copy, word }, value)
}

function isButton(element: HTMLElement | null): element is HTMLButtonElement {
  return element instanceof HTMLButtonElement
}

/** Loading the page again then opens the page of the token, instead of sending the form once more. */
function keepOffReload(page: string | undefined): void {
  if (page !== undefined) history.replaceState(null, '', page)
}

function run({ shown, show, copy, word }: Parts, value: string): void {
  let secret = value
  const setVisible = (isVisible: boolean): void => {
    shown.value = isVisible ? secret : mask
    show.textContent = isVisible ? 'Hide' : 'Show'
  }
  const forget = (): void => {
    secret = ''
    setVisible(false)
    show.disabled = copy.disabled = true
    word.textContent = 'The token is no longer on this page. Rotate it if you did not copy it.'
  }
  setVisible(false)

  show.addEventListener('click', () => {
    setVisible(shown.value === mask)
    word.textContent = ''
  })
  copy.addEventListener('click', () => {
    copySecret(secret).then(
      () => {
        setVisible(false)
        word.textContent = 'Copied, and hidden again. Paste it where it is needed.'
      },
      () => {
        setVisible(true)
        shown.focus()
        shown.select()
        word.textContent = 'This browser does not let the page copy. The token is selected: copy it with Ctrl+C or ⌘C.'
      },
    )
  })
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) setVisible(false)
  })
  // A page that is kept for the back button must not hold it.
  addEventListener('pagehide', forget)
}

/** Fails where there is no clipboard, as on plain http, or where it is not allowed. */
async function copySecret(secret: string): Promise<void> {
  await navigator.clipboard.writeText(secret)
}

for (const box of document.querySelectorAll<HTMLElement>('[data-secret-box]')) start(box)
