import { readFileSync } from 'node:fs'
import { clusterByGraph } from '#engine/clustering/graph-clusters.ts'
import { clusteringMetrics, contingencyTable } from '#engine/clustering/metrics.ts'
import { loadBackend } from '#engine/runtime/load-backend.ts'

const npy = (p: string) => {
  const b = readFileSync(p)
  const h = b.readUInt16LE(8)
  const head = b.subarray(10, 10 + h).toString()
  const shape = /\(([^)]*)\)/
    .exec(head)![1]
    .split(',')
    .filter((x) => x.trim())
    .map(Number)
  return { head, shape, data: b.buffer.slice(b.byteOffset + 10 + h, b.byteOffset + b.length) }
}
await loadBackend('auto')
const dir = process.argv[2]
for (const name of process.argv[3].split(','))
  for (const seed of [1, 2, 3].slice(0, Number(process.argv[4] ?? 3))) {
    const l = npy(`${dir}/${name}_labels.npy`)
    const y = Int32Array.from(new BigInt64Array(l.data as ArrayBuffer), Number)
    const n = y.length,
      k = Math.max(...y) + 1
    const ps = ['objectron320', 'nsfw'].map((w) => {
      const f = npy(`${dir}/${name}_${w}.npy`)
      return { v: new Float32Array(f.data as ArrayBuffer), d: f.shape[1] }
    })
    const D = ps[0].d + ps[1].d
    const values = new Float32Array(n * D)
    for (let i = 0; i < n; i++) {
      values.set(ps[0].v.subarray(i * ps[0].d, (i + 1) * ps[0].d), i * D)
      values.set(ps[1].v.subarray(i * ps[1].d, (i + 1) * ps[1].d), i * D + ps[0].d)
    }
    const t = performance.now()
    const r = await clusterByGraph(
      { values, count: n, dimension: D },
      { clusterCount: k, partDimensions: ps.map((p) => p.d), memoryBytes: 2 ** 28, seed },
    )
    console.log(
      name,
      seed,
      clusteringMetrics(contingencyTable(y, r.clusters, k, k)).accuracy.toFixed(4),
      r.modularity.toFixed(4),
      ((performance.now() - t) / 1000).toFixed(1) + ' s',
    )
  }
