import type { PageAction, PageContent } from '@patkit/express'

/** What went wrong and what helps, or what the sign-in has to say. */
export function ProblemPage({ content }: { readonly content: PageContent }) {
  const { title, message, help, details = [], code, reference, actions } = content
  return (
    <section class="problem">
      <h1>{title}</h1>
      <p>{message}</p>
      {help === undefined ? null : <p>{help}</p>}
      {details.length === 0 ? null : (
        <ul>
          {details.map((detail) => (
            <li key={detail}>{detail}</li>
          ))}
        </ul>
      )}
      {actions.length === 0 ? null : (
        <div class="row">
          {actions.map((action, index) => (
            <Action key={action.label} action={action} isFirst={index === 0} />
          ))}
        </div>
      )}
      <Footnote code={code} reference={reference} />
    </section>
  )
}

function Action({ action, isFirst }: { readonly action: PageAction; readonly isFirst: boolean }) {
  const className = isFirst ? undefined : 'quiet'
  if (action.kind === 'link') {
    return (
      <a role="button" class={className} href={action.href}>
        {action.label}
      </a>
    )
  }
  return (
    <form method="post" action={action.action}>
      {Object.entries(action.fields).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      <button class={className}>{action.label}</button>
    </form>
  )
}

function Footnote({ code, reference }: Pick<PageContent, 'code' | 'reference'>) {
  const parts = [
    ...(code === undefined ? [] : [`Code: ${code}`]),
    ...(reference === undefined ? [] : [`Reference: ${reference}`]),
  ]
  return parts.length === 0 ? null : <small>{parts.join(' · ')}</small>
}
