/** Type of the convolutions of a recorded step, and of what follows them; weights, statistics, losses and updates are always float32. */
export type Precision = 'float32' | 'bfloat16'
