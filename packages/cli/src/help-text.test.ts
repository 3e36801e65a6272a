import { expect, test } from 'vitest'
import { fitHelp } from './help-text.js'

test('fitHelp() breaks paragraphs anew, and keeps empty lines and headings', () => {
  const text = '\nThe first\nparagraph is short.\n\nExamples:\n  $ patkit\nAfter it.\n'
  expect(fitHelp(text, 16)).toBe('\nThe first\nparagraph is\nshort.\n\nExamples:\n  $ patkit\nAfter it.')
})

test('fitHelp() lets notes and rows of tables go on below where they began, and leaves command lines alone', () => {
  const text = [
    '  In a pipeline, for everybody:',
    '  $ patkit report --org fabrikam --json',
    '  0    the report is complete',
    '  --json, JSON   as one object',
  ].join('\n')
  expect(fitHelp(text, 24).split('\n')).toEqual([
    '  In a pipeline, for',
    '  everybody:',
    '  $ patkit report --org fabrikam --json',
    '  0    the report is',
    '       complete',
    '  --json, JSON   as one',
    '                 object',
  ])
})
