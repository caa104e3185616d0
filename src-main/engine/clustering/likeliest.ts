/** The most probable cluster of each row of `[images, clusters]`, and its probability. */
export function likeliest(probabilities: Float32Array, clusterCount: number): { clusters: Int32Array; confidences: Float32Array } {
  const count = probabilities.length / clusterCount
  const clusters = new Int32Array(count)
  const confidences = new Float32Array(count)
  for (let image = 0; image < count; image++) {
    const row = image * clusterCount
    let best = 0
    for (let cluster = 1; cluster < clusterCount; cluster++) if (probabilities[row + cluster] > probabilities[row + best]) best = cluster
    clusters[image] = best
    confidences[image] = probabilities[row + best]
  }
  return { clusters, confidences }
}
