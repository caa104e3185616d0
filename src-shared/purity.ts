/** What a random sample of a class showed: how many images the class has, how many were looked at, and how many of those were right. */
export type PuritySample = Readonly<{ right: number; looked: number; imageCount: number }>

/** Share of right images, 0-1, with its interval; `purity` is null before the first look. */
export type PurityEstimate = Readonly<{ purity: number | null; lower: number; upper: number }>

/** Standard normal quantile of a two-sided interval of 95 %. */
const normalQuantile = 1.959963984540054

/**
 * Purity of a class with its 95 % score interval, from a simple random sample without replacement. The variance of the score test is that
 * of a sample from a finite class, (N - n) / (N - 1) times the binomial one, so the interval closes when every image was looked at. With
 * N -> infinity it is Wilson's.
 *
 * Holds for a number of looks that was decided before them; whoever stops as soon as the bound is reached is right a little less often.
 *
 * @source E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", JASA 22 (1927); finite class: W. G.
 * Cochran, "Sampling Techniques" (1977), 3.2
 */
export function estimatePurity({ right, looked, imageCount }: PuritySample): PurityEstimate {
  if (looked === 0) return { purity: null, lower: 0, upper: 1 }
  const share = right / looked
  if (looked >= imageCount) return { purity: share, lower: share, upper: share }
  const spread = (normalQuantile ** 2 * (imageCount - looked)) / (imageCount - 1) / looked
  const centre = (share + spread / 2) / (1 + spread)
  const half = Math.sqrt(spread * share * (1 - share) + spread ** 2 / 4) / (1 + spread)
  // At 0 and 1 the bound is the share itself; rounding must not carry it past.
  return {
    purity: share,
    lower: right === 0 ? 0 : Math.max(0, centre - half),
    upper: right === looked ? 1 : Math.min(1, centre + half),
  }
}

/**
 * How many more looks bring the lower bound to `target` (0-1) if the share of right ones stays as it is (all right before the first look).
 * Null when it would stay below however many are looked at.
 *
 * The score interval begins where (p - t)² = z² t (1 - t) / n: so n₀ = z² t (1 - t) / (p - t)² looks in an infinite class, and
 * n₀ N / (N - 1 + n₀) in one of N images.
 */
export function looksToReach(sample: PuritySample, target: number): number | null {
  const { right, looked, imageCount } = sample
  if (imageCount === 0 || estimatePurity(sample).lower >= target) return 0
  const share = looked === 0 ? 1 : right / looked
  if (share < target) return null
  const infinite = share === target ? Number.POSITIVE_INFINITY : (normalQuantile ** 2 * target * (1 - target)) / (share - target) ** 2
  const needed = infinite === Number.POSITIVE_INFINITY ? imageCount : (infinite * imageCount) / (imageCount - 1 + infinite)
  return Math.max(1, Math.min(imageCount, Math.ceil(needed - 1e-9)) - looked)
}
