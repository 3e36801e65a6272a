/** Records users into the checkpoint that the command line names until there is no room for more, then one who would still fit; prints what came of it. */
import { openScanCheckpoint, type ReadOutcome } from '../../src/index.js'

function outcome(name: string, length: number): ReadOutcome {
  const user = { descriptor: `aad.${name}`, displayName: 'x'.repeat(length) } as ReadOutcome['user']
  return { status: 'read', user, tokens: [] }
}

const [, , file = ''] = process.argv
const checkpoint = await openScanCheckpoint(file, { organization: 'fabrikam', mode: 'new' })
const kept: string[] = []
const refused: string[] = []
const record = async (name: string, length: number): Promise<void> => {
  try {
    await checkpoint.record(outcome(name, length))
    kept.push(`aad.${name}`)
  } catch (error) {
    refused.push((error as Error).message)
  }
}
await record('first', 10)
// All but the first of them go out in one write.
await Promise.all(Array.from({ length: 20 }, (_, n) => record(`long${n}`, 700)))
const before = refused.length
await record('late', 10)
await checkpoint.close()
process.stdout.write(JSON.stringify({ kept, refused: refused.slice(0, before), late: refused.slice(before) }))
