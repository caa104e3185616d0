/**
 * Half a cosine from 1 to 0: the factor on the learning rate at `progress` in 0-1.
 *
 * @source Loshchilov & Hutter 2017, "SGDR", equation 5 with one period.
 */
export function cosineDecay(progress: number): number {
  return 0.5 * (1 + Math.cos(Math.PI * progress))
}

/**
 * MoCo's schedule: the cosine takes a step at the start of each epoch and is constant within it.
 *
 * @returns factor on the learning rate, 0-1.
 * @source MoCo v2; SPICE, tools/train_moco.py.
 */
export function cosineByEpoch(step: number, stepsPerEpoch: number, epochs: number): number {
  return cosineDecay(Math.floor(step / stepsPerEpoch) / epochs)
}

/**
 * FixMatch's schedule cos(7/16 π t/T): from 1 to about 0.2.
 *
 * @source Sohn et al. 2020, "FixMatch", section 2.4.
 */
export function fixmatchCosine(step: number, totalSteps: number): number {
  return Math.cos((7 / 16) * Math.PI * (step / totalSteps))
}

/** Linear rise from 1/warmupSteps to 1 over the first `warmupSteps` steps; 1 after them and where there are none. */
export function linearWarmup(step: number, warmupSteps: number): number {
  return warmupSteps > 0 && step < warmupSteps ? (step + 1) / warmupSteps : 1
}
