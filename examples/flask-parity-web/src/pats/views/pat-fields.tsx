import type { PatFaults, PatField } from '../check-pat-form.js'
import { exactTime, expiryDays, latestDay, longestLifeDays, type Expiry } from '../expiry.js'
import { allOrganizationsRetirement, type PatForm } from '../pat-form.js'
import { commonAreas, describeScope, furtherAreas, type Scope, type ScopeArea } from '../scopes.js'
import { faultId, FieldFault, HighPrivilege } from './parts.js'
import { absoluteTime } from './time.js'
import type { ComponentChildren } from 'preact'

/** Why nobody should count on tokens for all organizations. */
export const allOrganizationsWords = `Azure DevOps has made no such tokens since ${allOrganizationsRetirement.creation}, and all of them stop working on ${allOrganizationsRetirement.use}.`

interface FieldsProps {
  readonly form: PatForm
  readonly faults: PatFaults
  readonly now: Date
  /** End of the token that is being changed, which it may keep. */
  readonly currentEnd?: string
}

/** The fields of a token, new or old. */
export function PatFields(props: FieldsProps) {
  return (
    <>
      <NameField {...props} />
      <ScopeField {...props} />
      <ExpiryField {...props} />
      <OrganizationsField {...props} />
    </>
  )
}

function NameField({ form, faults }: FieldsProps) {
  const isWrong = faults.displayName !== undefined
  return (
    <div class="narrow">
      <label for="displayName">Name</label>
      <FieldFault field="displayName" faults={faults} />
      <input
        id="displayName"
        name="displayName"
        value={form.displayName}
        autocomplete="off"
        dir="auto"
        aria-required="true"
        aria-invalid={isWrong ? 'true' : undefined}
        aria-describedby={isWrong ? `${faultId('displayName')} displayName-hint` : 'displayName-hint'}
      />
      <small class="hint" id="displayName-hint">
        What the token is for, so that you know it again in the list.
      </small>
    </div>
  )
}

/** A group of choices; `more` of it is shown with the choice that needs it, `less` with the others. */
function Choice({
  field,
  legend,
  faults,
  children,
}: {
  readonly field: PatField
  readonly legend: string
  readonly faults: PatFaults
  readonly children: ComponentChildren
}) {
  const isWrong = faults[field] !== undefined
  return (
    <fieldset class="choice" id={field} tabIndex={-1} aria-describedby={isWrong ? faultId(field) : undefined}>
      <legend>
        <strong>{legend}</strong>
      </legend>
      <FieldFault field={field} faults={faults} />
      {children}
    </fieldset>
  )
}

function Radio(props: {
  readonly name: string
  readonly value: string
  readonly chosen: string
  /** Whether something further is to be entered with this choice. */
  readonly asksMore?: boolean
  readonly children: ComponentChildren
}) {
  const { name, value, chosen, asksMore = false, children } = props
  return (
    <label>
      <input type="radio" name={name} value={value} checked={value === chosen} data-more={asksMore ? '' : undefined} />
      <span>{children}</span>
    </label>
  )
}

function Confirmation(props: {
  readonly name: string
  readonly isTicked: boolean
  readonly isWrong: boolean
  readonly words: string
  readonly children: ComponentChildren
}) {
  const { name, isTicked, isWrong, words, children } = props
  return (
    <div class="notice warn more">
      <p>{children}</p>
      <label>
        <input type="checkbox" name={name} value="yes" checked={isTicked} aria-invalid={isWrong ? 'true' : undefined} />
        {words}
      </label>
    </div>
  )
}

function ScopeField({ form, faults }: FieldsProps) {
  const isFull = form.access === 'full'
  return (
    <Choice field="scope" legend="What it may do" faults={faults}>
      <Radio name="access" value="scopes" chosen={form.access}>
        Only what I choose
      </Radio>
      <Radio name="access" value="full" chosen={form.access} asksMore>
        Full access (<code>app_token</code>)
      </Radio>
      <Confirmation
        name="confirmFullAccess"
        isTicked={form.confirmsFullAccess}
        isWrong={isFull && faults.scope !== undefined}
        words="I understand, and want a token with full access"
      >
        Whoever gets hold of this token can do everything you can: read and change all code, pipelines, permissions and
        tokens. Choose single scopes if you can.
      </Confirmation>
      <div class="less">
        <Areas areas={commonAreas} form={form} />
        <details open={hasChosen(furtherAreas, form) || unlisted(form).length > 0}>
          <summary>More areas ({furtherAreas.length})</summary>
          <Areas areas={furtherAreas} form={form} />
          <div class="narrow">
            <label for="otherScopes">Scopes that are not listed, separated by spaces</label>
            <input
              id="otherScopes"
              name="scope"
              value={unlisted(form).join(' ')}
              autocomplete="off"
              spellcheck={false}
            />
          </div>
        </details>
      </div>
    </Choice>
  )
}

function hasChosen(areas: readonly ScopeArea[], form: PatForm): boolean {
  return areas.some(({ scopes }) => scopes.some(({ name }) => form.scopes.includes(name)))
}

function unlisted(form: PatForm): readonly string[] {
  return form.scopes.filter((scope) => describeScope(scope) === undefined)
}

function Areas({ areas, form }: { readonly areas: readonly ScopeArea[]; readonly form: PatForm }) {
  return (
    <div class="areas">
      {areas.map(({ title, scopes }) => (
        <fieldset key={title}>
          <legend>{title}</legend>
          {scopes.map((scope) => (
            <ScopeBox key={scope.name} scope={scope} isChosen={form.scopes.includes(scope.name)} />
          ))}
        </fieldset>
      ))}
    </div>
  )
}

function ScopeBox({ scope, isChosen }: { readonly scope: Scope; readonly isChosen: boolean }) {
  return (
    <label>
      <input type="checkbox" name="scope" value={scope.name} checked={isChosen} />
      <span>
        {scope.words} {scope.isHighPrivilege ? <HighPrivilege /> : null}
        <span class="hint">{scope.name}</span>
      </span>
    </label>
  )
}

/** When a token ends. */
export function ExpiryField({ form, faults, now, currentEnd }: FieldsProps) {
  const day = (days: number): string => new Date(now.getTime() + days * 86_400_000).toISOString().slice(0, 10)
  const isExactGiven = form.expiry === 'exact'
  return (
    <Choice field="validTo" legend="When it ends" faults={faults}>
      {currentEnd === undefined ? null : (
        <Expires value="keep" form={form}>
          As now: {currentEnd}
        </Expires>
      )}
      {expiryDays.map((days) => (
        <Expires key={days} value={`${days}`} form={form}>
          In {days} days <span class="quiet-text">({day(days)})</span>
        </Expires>
      ))}
      {isExactGiven ? (
        <Expires value="exact" form={form}>
          At <bdi>{shownTime(form.validTo)}</bdi>
          <input type="hidden" name="validto" value={form.validTo} />
        </Expires>
      ) : null}
      <Expires value="date" form={form} asksMore>
        On a day of my choice
      </Expires>
      <div class="narrow more">
        <label for="expiresOn">Last day, in UTC</label>
        <input
          type="date"
          id="expiresOn"
          name="expiresOn"
          value={form.expiresOn}
          min={day(0)}
          max={latestDay(now)}
          autocomplete="off"
          aria-invalid={faults.validTo !== undefined && form.expiry === 'date' ? 'true' : undefined}
          aria-describedby={faults.validTo === undefined ? 'expiresOn-hint' : `${faultId('validTo')} expiresOn-hint`}
        />
        <small class="hint" id="expiresOn-hint">
          At most {longestLifeDays} days from now: {latestDay(now)}.
        </small>
      </div>
    </Choice>
  )
}

function Expires(props: {
  readonly value: Expiry
  readonly form: PatForm
  readonly asksMore?: boolean
  readonly children: ComponentChildren
}) {
  return <Radio {...props} name="expiry" chosen={props.form.expiry} />
}

function shownTime(text: string): string {
  const time = exactTime(text)
  return time === undefined ? text.slice(0, 60) : absoluteTime(time)
}

function OrganizationsField({ form, faults }: FieldsProps) {
  return (
    <Choice field="organizations" legend="Where it works" faults={faults}>
      <Radio name="organizations" value="this" chosen={form.organizations}>
        In this organization only
      </Radio>
      <Radio name="organizations" value="all" chosen={form.organizations} asksMore>
        In all organizations I can reach
      </Radio>
      <Confirmation
        name="confirmAllOrganizations"
        isTicked={form.confirmsAllOrganizations}
        isWrong={form.organizations === 'all' && faults.organizations !== undefined}
        words="I understand, and want a token for all organizations"
      >
        {allOrganizationsWords} One leak would open every organization you can reach.
      </Confirmation>
    </Choice>
  )
}
