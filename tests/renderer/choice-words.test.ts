import { describe, expect, it } from 'vitest'
import { createI18n } from 'vue-i18n'
import type { RunChoice } from '#shared/run-choices.ts'
import { type Said, textOf } from '#shared/said.ts'
import { choiceInWords } from '../../src-renderer/components/run/choice-words.ts'
import en from '../../src-renderer/locales/en/run.json' with { type: 'json' }
import zh from '../../src-renderer/locales/zh-CN/run.json' with { type: 'json' }

const formats = {
  cluster: (number: number) => `Cluster ${number}`,
  number: String,
  said: (said: Said) => textOf(said),
  percent: (share: number) => `${Math.round(100 * share)} %`,
  figure: (value: number) => value.toFixed(3),
}
const compared = { packaged: 0.511, learned: 0.322, both: 0.533 }

/** Every kind in every form, with what its sentences must name. */
const cases: readonly (readonly [RunChoice, readonly string[]])[] = [
  [{ kind: 'clusterCount', count: 12, reason: null }, ['12']],
  [{ kind: 'clusterCount', count: 12, reason: 'Halves agree.' }, ['12', 'Halves agree.']],
  [{ kind: 'mirror', isUsed: true, fartherRatio: 0.52 }, ['52 %']],
  [{ kind: 'mirror', isUsed: false, fartherRatio: 0.81 }, ['81 %']],
  [{ kind: 'precision', precision: 'bfloat16', gain: 1.7 }, ['bfloat16', '1.700']],
  [{ kind: 'features', source: 'packaged', dimension: 768, compared: null }, ['768']],
  [{ kind: 'features', source: 'learned', dimension: 256, compared: null }, ['256']],
  [{ kind: 'features', source: 'onnx', dimension: 384, compared: null }, ['384', 'ONNX']],
  [{ kind: 'features', source: 'both', dimension: 1024, compared: null }, ['1024']],
  [{ kind: 'features', source: 'both', dimension: 1024, compared }, ['1024', '0.511', '0.322', '0.533']],
  [{ kind: 'features', source: 'packaged', dimension: 768, compared }, ['768', '0.511', '0.322', '0.533']],
  [{ kind: 'head', head: 0, headCount: 1, loss: 0.4, nextLoss: null, agreement: 1 }, []],
  [{ kind: 'head', head: 2, headCount: 5, loss: -0.161, nextLoss: -0.152, agreement: 0.86 }, ['3', '5', '-0.161', '-0.152', '86 %']],
  [{ kind: 'clusters', kept: 'graph', graph: 0.711, head: 0.701 }, ['0.711', '0.701']],
  [{ kind: 'clusters', kept: 'head', graph: 0.701, head: 0.711 }, ['0.711', '0.701']],
  [
    { kind: 'reliable', reliableCount: 198, imageCount: 400, thin: [3, 9], empty: [5], thinBelow: 10 },
    ['198', '400', '50 %', 'Cluster 3, Cluster 9', '10', 'Cluster 5'],
  ],
  [{ kind: 'classifier', isKept: true, compared: null }, []],
  [{ kind: 'classifier', isKept: true, compared: { classifier: 0.7, before: 0.71 } }, ['0.700', '0.710']],
  [{ kind: 'classifier', isKept: false, compared: { classifier: 0.6, before: 0.71 } }, ['0.600', '0.710']],
]

describe.each(['en', 'zh-CN'] as const)('choices of a run in words (%s)', (locale) => {
  const { t, te } = createI18n({ legacy: false, locale, messages: { en, 'zh-CN': zh } }).global
  const translate = (name: string, values: Record<string, string>, plural = 1): string => {
    expect(te(name)).toBe(true)
    return t(name, values, plural)
  }

  it.each(cases)('%j', (choice, figures) => {
    const sentences = choiceInWords(choice, translate, formats)
    for (const figure of figures) expect(sentences.join(' ')).toContain(figure)
    for (const sentence of sentences) expect(sentence).not.toMatch(/[{}|@]|undefined/)
  })

  it('names ten of many clusters', () => {
    const thin = Array.from({ length: 30 }, (_, index) => index + 1)
    const choice = { kind: 'reliable', reliableCount: 30, imageCount: 90, thin, empty: [], thinBelow: 10 } as const
    const told = choiceInWords(choice, translate, formats).join(' ')
    expect(told).toContain('Cluster 10, …')
    expect(told).not.toContain('Cluster 11')
  })

  it('says one thing of each form, and nothing twice', () => {
    const all = cases.map(([choice]) => choiceInWords(choice, translate, formats).join(' '))
    expect(new Set(all).size).toBe(cases.length)
  })
})
