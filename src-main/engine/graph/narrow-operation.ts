/**
 * Operations that are worth computing in bfloat16, with the inputs that they then take in it; their first output is of it too. Statistics,
 * losses, weights and their updates stay in float32.
 *
 * @source Kalamkar et al. 2019, "A study of BFLOAT16 for deep learning training".
 */
const products: Readonly<Record<string, readonly number[]>> = {
  Conv2D: [0, 1],
  Conv2DBackpropInput: [1, 2],
  Conv2DBackpropFilter: [0, 2],
}

/** Operations that are not worth a conversion, but stay in bfloat16 where the first of these inputs is in it already. */
const followers: Readonly<Record<string, readonly number[]>> = {
  FusedBatchNormV3: [0],
  FusedBatchNormGradV3: [1, 0],
  Relu: [0],
  ReluGrad: [1, 0],
}

/** Sums stay in bfloat16 where both sides are in it. */
const sums: ReadonlySet<string> = new Set(['Add', 'AddV2'])

/** The inputs that this operation shall take in bfloat16, none when it shall stay in float32. */
export function narrowInputs(operation: string, isNarrow: readonly boolean[]): readonly number[] {
  const product = products[operation]
  if (product) return product
  const follower = followers[operation]
  if (follower && isNarrow[follower[0]]) return follower
  return sums.has(operation) && isNarrow[0] && isNarrow[1] ? [0, 1] : []
}
