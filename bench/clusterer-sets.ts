import { join } from 'node:path'
import { type Embeddings, rowsOf, toUnitRows } from '#engine/clustering/embeddings.ts'
import { createRandom, deriveSeed } from '#engine/ml/random.ts'
import { readNpy } from './npy.ts'

/** Features of a labelled set, or of images drawn from it. */
export type LabelledSet = Readonly<{
  name: string
  features: Embeddings
  /** Lengths of the parts that lie side by side. */
  partDimensions: readonly number[]
  /** `[count]` classes, -1 for an image of none of them. */
  classes: Int32Array
  classCount: number
  /** `[count]` place of each image among all of the set; those of another set, if any, count on from there. */
  images: Int32Array
}>

const largestClass = 500
const imbalance = 10
const outlierShare = 0.1

/** SET_labels.npy with SET_PART.npy of each part; each part counts alike: unit rows. */
export function openSet(folder: string, name: string, partNames: readonly string[]): LabelledSet {
  const labels = readNpy(join(folder, `${name}_labels.npy`))
  const parts = partNames.map((part) => readNpy(join(folder, `${name}_${part}.npy`)))
  const classes = Int32Array.from(labels.values, Number)
  const partDimensions = parts.map(({ shape }) => shape[1]!)
  const dimension = partDimensions.reduce((sum, size) => sum + size, 0)
  const values = new Float32Array(classes.length * dimension)
  let from = 0
  for (const { values: part, shape } of parts) {
    const size = shape[1]!
    const unit = toUnitRows({ values: part as Float32Array, count: classes.length, dimension: size }).values
    for (let row = 0; row < classes.length; row++) values.set(unit.subarray(row * size, (row + 1) * size), row * dimension + from)
    from += size
  }
  const features = { values, count: classes.length, dimension }
  const images = Int32Array.from(classes.keys())
  return { name, features, partDimensions, classes, classCount: Math.max(...classes) + 1, images }
}

function chosenFrom(set: LabelledSet, places: ArrayLike<number>, name: string): LabelledSet {
  const of = (values: Int32Array): Int32Array => Int32Array.from(places, (place) => values[place]!)
  return { ...set, name, features: rowsOf(set.features, places), classes: of(set.classes), images: of(set.images) }
}

/** At most so many images, drawn at random; in an order of their own even where all are taken. */
export function drawn(set: LabelledSet, most: number, seed: number): LabelledSet {
  const order = createRandom(deriveSeed(seed, 'drawn', set.name)).shuffled(set.classes.length)
  return chosenFrom(set, order.subarray(0, most), set.name)
}

/**
 * Classes of falling size, the largest ten times the smallest and 500 at most. Which is large is drawn at random where all classes have
 * enough images; in an uneven set, they keep their order and as many images as that allows.
 */
export function imbalanced(set: LabelledSet, seed: number): LabelledSet {
  const random = createRandom(deriveSeed(seed, 'imbalanced', set.name))
  const { classCount, classes } = set
  const sizes = new Int32Array(classCount)
  for (const label of classes) sizes[label]!++
  let ranks = random.shuffled(classCount)
  const share = (rank: number): number => imbalance ** (-rank / (classCount - 1))
  let largest = largestClass
  if (sizes.some((size) => size < largestClass)) {
    const order = Array.from(sizes.keys()).sort((one, other) => sizes[other]! - sizes[one]!)
    ranks = Int32Array.from(sizes, (_, label) => order.indexOf(label))
    largest = Math.min(largestClass, ...sizes.map((size, label) => size / share(ranks[label]!)))
  }
  const kept = new Int32Array(classCount)
  const places = random.shuffled(classes.length).filter((place) => {
    const label = classes[place]!
    return kept[label]!++ < Math.round(largest * share(ranks[label]!))
  })
  return chosenFrom(set, places, `${set.name}, 10:1`)
}

/** One image of another set for every nine, of no class. */
export function withOutliers(set: LabelledSet, other: LabelledSet, seed: number): LabelledSet {
  const random = createRandom(deriveSeed(seed, 'outliers', set.name))
  const count = Math.round((set.classes.length * outlierShare) / (1 - outlierShare))
  const strangers = random.shuffled(other.classes.length).subarray(0, count)
  const values = new Float32Array((set.classes.length + count) * set.features.dimension)
  values.set(set.features.values)
  values.set(rowsOf(other.features, strangers).values, set.features.values.length)
  const wholeCount = Math.max(...set.images) + 1
  const both: LabelledSet = {
    ...set,
    features: { values, count: set.classes.length + count, dimension: set.features.dimension },
    classes: Int32Array.from([...set.classes, ...new Int32Array(count).fill(-1)]),
    images: Int32Array.from([...set.images, ...strangers.map((image) => wholeCount + image)]),
  }
  return chosenFrom(both, random.shuffled(both.classes.length), `${set.name}, 10 % ${other.name}`)
}
