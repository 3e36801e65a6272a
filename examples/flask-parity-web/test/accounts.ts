import { readAccount, type Account } from '@patkit/core'

const tenantId = '11111111-2222-4333-8444-555555555555'

/** Somebody who is signed in; the same number is the same person. */
export function accountOf(number: number): Account {
  const objectId = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
  const account = readAccount({
    id: `${objectId}.${tenantId}`,
    objectId,
    tenantId,
    username: `person${number}@fabrikam.example`,
    homeAccountId: `${objectId}.${tenantId}`,
    claims: {},
  })
  if (account === undefined) throw new Error('this is no account')
  return account
}
