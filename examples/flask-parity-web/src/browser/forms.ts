/** Puts what proves where a form was sent from anew into all forms of the page: after another sign-in the old proof is refused. */
export async function renewForms(): Promise<void> {
  const answer = await fetch(location.href)
  if (!answer.ok) return
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html')
  const proof = fresh.querySelector<HTMLInputElement>('input[name=_csrf]')?.value
  if (proof === undefined) return
  for (const field of document.querySelectorAll<HTMLInputElement>('input[name=_csrf]')) field.value = proof
}
