import { describe, expect, it } from 'vitest'
import { stageNames } from '#shared/jobs.ts'
import { recipeNamed, recipeNames } from '#shared/recipes/index.ts'
import { type RecipeChange, stageSettings } from '#shared/recipes/recipe.ts'
import type { SettingDefinition } from '#shared/settings.ts'
import { helpInWords, nameInWords, textInWords } from '../../src-renderer/locales/setting-words.ts'
import { settingWords } from '../../src-renderer/locales/zh-CN/setting-words.ts'

const chinese = /[\u4e00-\u9fff]/
const rows = stageNames.flatMap((stage) =>
  Object.entries(stageSettings[stage] as Record<string, SettingDefinition>).map(([name, definition]) => ({ stage, name, ...definition })),
)
const reasons = recipeNames.flatMap((name) =>
  Object.values(recipeNamed(name).changes).flatMap((changes) =>
    Object.values(changes as Record<string, RecipeChange>).map(({ reason }) => reason),
  ),
)

describe('every setting', () => {
  it.each(rows)('$stage.$name has a name and help in English and in Chinese', (row) => {
    expect([nameInWords(row, undefined), helpInWords(row, undefined)]).toEqual([expect.stringMatching(/^[a-z ]+$/), row.help])
    expect(row.help).toMatch(/^[A-Z].*\.$/s)
    expect(nameInWords(row, settingWords)).toMatch(chinese)
    expect(helpInWords(row, settingWords)).toMatch(/[\u4e00-\u9fff].*。$/s)
  })

  it('has the numbers of its help in Chinese too', () => {
    const numbersIn = (text: string): string[] => text.match(/\d+(\.\d+)?/g)?.sort() ?? []
    for (const row of rows) {
      const given = numbersIn(helpInWords(row, settingWords))
      expect(given, row.name).toEqual(numbersIn(row.help))
    }
  })

  it('has no Chinese text for a setting that does not exist', () => {
    for (const stage of stageNames) expect(Object.keys(settingWords.settings[stage])).toEqual(Object.keys(stageSettings[stage]))
  })
})

it('every unit, source and reason of a recipe has a Chinese text, and none is left over', () => {
  const wanted = new Set([...rows.flatMap(({ unit, source }) => [unit, source]), ...reasons].filter((text) => text !== undefined))
  expect([...wanted].filter((text) => settingWords.texts[text] === undefined)).toEqual([])
  expect(Object.keys(settingWords.texts).filter((text) => !wanted.has(text))).toEqual([])
  for (const reason of reasons) expect(textInWords(reason, settingWords)).toMatch(chinese)
})
