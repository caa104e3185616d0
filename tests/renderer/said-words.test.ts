import { describe, expect, it } from 'vitest'
import { createI18n } from 'vue-i18n'
import { fromErrorData, SpicerackError, toErrorData } from '#shared/errors.ts'
import { messages } from '#shared/messages.ts'
import { say, textOf } from '#shared/said.ts'
import { withoutMessages } from '#shared/said-schema.ts'
import enRun from '../../src-renderer/locales/en/run.json' with { type: 'json' }
import { problemInWords, saidInWords } from '../../src-renderer/locales/said-words.ts'
import { problemKinds } from '../../src-renderer/locales/zh-CN/problem-kinds.ts'
import zhRun from '../../src-renderer/locales/zh-CN/run.json' with { type: 'json' }
import zhSaid from '../../src-renderer/locales/zh-CN/said.json' with { type: 'json' }
import { readSource, sourceFiles } from '../source-imports.ts'

const namesIn = (text: string): Set<string> => new Set(Array.from(text.matchAll(/\{(\w+)\}/g), ([, name]) => name!))
const chinese = /[\u4e00-\u9fff]/

it.each(Object.entries(messages))('%s has a Chinese text that names the same values', (key, english) => {
  const text = (zhSaid as Record<string, string>)[key]!
  expect(text).toMatch(chinese)
  // Where there are two forms, the first need not name how many.
  const [wanted, given] = [namesIn(english), namesIn(text)]
  expect([...given].filter((name) => !wanted.has(name))).toEqual([])
  expect([...wanted].filter((name) => !given.has(name) && name !== 'count')).toEqual([])
  for (const form of english.split(' | ')) expect([...namesIn(form), 'count']).toEqual(expect.arrayContaining([...wanted]))
})

it('has no Chinese text for a message that nobody says', () => {
  expect(Object.keys(zhSaid).filter((key) => !(key in messages))).toEqual([])
})

it('is said in English where it is written, with one form for one', () => {
  expect(say('goesOn', { stage: 'self', step: 20, total: 80 })).toEqual({
    text: 'self: goes on from step 20 of 80',
    key: 'goesOn',
    values: { stage: 'self', step: 20, total: 80 },
  })
  expect(textOf(say('clustersEmpty', { count: 1, total: 9 }))).toMatch(/^One of 9 clusters is empty/)
  expect(textOf(say('clustersEmpty', { count: 3, total: 9 }))).toMatch(/^3 of 9 clusters are empty/)
  expect(textOf('as it was kept')).toBe('as it was kept')
  const lines = { note: say('neighbours'), others: [say('scoring'), 'plain'], values: { text: 'a', key: 1 } }
  expect(JSON.parse(JSON.stringify(lines, withoutMessages))).toEqual({
    note: 'neighbours',
    others: ['scoring all images', 'plain'],
    values: { text: 'a', key: 1 },
  })
})

describe('on the page', () => {
  const inWords = (locale: 'en' | 'zh-CN') => {
    const texts = { en: { ...enRun, said: messages }, 'zh-CN': { ...zhRun, said: zhSaid } }
    const i18n = createI18n({ legacy: false, locale }).global
    i18n.setLocaleMessage(locale, texts[locale])
    const { t, te } = i18n
    return (said: Parameters<typeof saidInWords>[0]) => saidInWords(said, t, te)
  }

  it('is said in the language of the page, names of stages too', () => {
    const goesOn = say('goesOn', { stage: 'self', step: 20, total: 80 })
    expect(inWords('en')(goesOn)).toBe('Cluster: goes on from step 20 of 80')
    expect(inWords('zh-CN')(goesOn)).toBe('聚类：从第 20 步继续，共 80 步')
    expect(inWords('zh-CN')(say('encoding', { encoder: 'objects', view: 'plain' }))).toBe('特征：物体，原图')
    expect(inWords('en')(say('reliableThin', { count: 1, clusters: '4', least: 10 }))).toMatch(/^Thin: cluster 4 kept/)
    expect(inWords('en')(say('reliableThin', { count: 2, clusters: '4, 7', least: 10 }))).toMatch(/^Thin: each of the clusters 4, 7/)
  })

  it.each(Object.entries(messages))('words %s in English as the engine does, and in Chinese with the same values', (key, english) => {
    for (const count of [1, 3]) {
      const values = { ...Object.fromEntries([...namesIn(english)].map((name) => [name, `<${name}>`])), count }
      const said = (say as (key: string, values: object) => Parameters<typeof saidInWords>[0])(key, values)
      expect(inWords('en')(said)).toBe(textOf(said))
      const chineseText = inWords('zh-CN')(said)
      for (const name of namesIn(english)) if (name !== 'count') expect(chineseText).toContain(`<${name}>`)
      expect(chineseText).not.toMatch(/[{}|@]/)
    }
  })

  it('keeps the English of what it does not know, and of what was kept before there were messages', () => {
    expect(inWords('zh-CN')('Precision: bfloat16.')).toBe('Precision: bfloat16.')
    expect(inWords('zh-CN')({ text: 'Said by a later version.', key: 'later', values: {} })).toBe('Said by a later version.')
  })

  it('words a problem, also one that crossed a boundary and came back', () => {
    const error = new SpicerackError('TOO_FEW_IMAGES', say('oneImage'), { advice: say('importMore') })
    const data = toErrorData(fromErrorData(JSON.parse(JSON.stringify(toErrorData(error)))))
    expect(data).toMatchObject({ code: 'TOO_FEW_IMAGES', message: 'One image cannot be clustered.', advice: 'Import more images.' })
    expect(problemInWords(data, inWords('en'), undefined)).toEqual({ message: data.message, advice: data.advice })
    expect(problemInWords(data, inWords('zh-CN'), problemKinds)).toEqual({ message: '单张图像无法聚类。', advice: '请导入更多图像。' })
  })

  it('says of a problem without words of its own what kind it is', () => {
    const data = toErrorData(SpicerackError.inEnglish('NETWORK', 'No network.', { advice: 'Connect.' }))
    expect(data).toEqual({ code: 'NETWORK', message: 'No network.', advice: 'Connect.' })
    expect(problemInWords(data, inWords('zh-CN'), problemKinds)).toEqual({ message: '网络出错。', advice: 'No network. Connect.' })
    expect(problemInWords(data, inWords('en'), undefined)).toEqual({ message: 'No network.', advice: 'Connect.' })
  })
})

describe('where problems are said', () => {
  /** Layers whose problems reach a page. That a new one has a message, and not a text, is for the compiler to say. */
  const layers = ['src-main/engine', 'src-main/desktop', 'src-main/server', 'src-shared']
  const files = sourceFiles(layers).filter((file) => file !== 'src-shared/errors.ts')

  it('no layer but the command line speaks English alone', () => {
    expect(files.length).toBeGreaterThan(300)
    expect(files.filter((file) => readSource(file).includes('SpicerackError.inEnglish'))).toEqual([])
  })

  it('no problem is written down as data without its message', () => {
    const literal = /\{\s*code: '[A-Z_]+',\s*message\b/
    expect(files.filter((file) => literal.test(readSource(file)))).toEqual([])
  })

  it('every message is said somewhere', () => {
    const said = files.concat('src-shared/errors.ts').map((file) => readSource(file))
    expect(Object.keys(messages).filter((key) => !said.some((source) => source.includes(`'${key}'`)))).toEqual([])
  })
})
