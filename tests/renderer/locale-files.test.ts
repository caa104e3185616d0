import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const folder = new URL('../../src-renderer/locales/', import.meta.url)

/** Topics of each file of a language; all files are put together by topic, and a second file of a topic would take the place of the first. */
test.each(['en', 'zh-CN'])('in %s no two files have a topic in common, nor that of the messages of the engine', (language) => {
  const files = readdirSync(new URL(`${language}/`, folder)).filter((name) => name.endsWith('.json') && name !== 'said.json')
  const topics = files.flatMap((name) => Object.keys(JSON.parse(readFileSync(new URL(`${language}/${name}`, folder), 'utf8'))))
  expect(topics.length).toBeGreaterThan(10)
  expect(topics.filter((topic, place) => topics.indexOf(topic) !== place)).toEqual([])
  expect(topics).not.toContain('said')
})
