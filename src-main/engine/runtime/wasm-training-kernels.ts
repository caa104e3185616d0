import * as tf from '@tensorflow/tfjs'
import '@tensorflow/tfjs-backend-wasm'

type KernelCall = Readonly<{ inputs: Record<string, tf.TensorInfo>; backend: TypedBackend; attrs: tf.NamedAttrMap }>

/** What both the JavaScript and the wasm backend can do with stored values. */
interface TypedBackend extends tf.KernelBackend {
  write(values: tf.backend_util.BackendValues, shape: number[], dtype: tf.DataType): tf.DataId
}

/** wasm's own kernels that are wrong: its gradient of max pooling gives nothing to windows in which every value is negative. */
const wrongKernels = ['MaxPoolGrad']

/**
 * Gives the wasm backend the kernels it lacks, and takes those away that are wrong. The filter gradient of a convolution is built from slices and matrix products, which wasm
 * has; every other kernel that only the JavaScript backend has runs there, on a copy of its inputs.
 */
export function registerWasmTrainingKernels(): void {
  for (const kernelName of wrongKernels) if (tf.getKernel(kernelName, 'wasm')) tf.unregisterKernel(kernelName, 'wasm')
  if (!tf.getKernel('Conv2DBackpropFilter', 'wasm')) register('Conv2DBackpropFilter', conv2dBackpropFilter)
  for (const { kernelName } of tf.getKernelsForBackend('cpu'))
    if (!tf.getKernel(kernelName, 'wasm')) register(kernelName, (call) => runInJavaScript(kernelName, call))
}

function register(kernelName: string, kernel: (call: KernelCall) => tf.TensorInfo | tf.TensorInfo[]): void {
  tf.registerKernel({ kernelName, backendName: 'wasm', kernelFunc: kernel as unknown as tf.KernelFunc })
}

/** `dW[i, j] = x[pixels under (i, j)]^T dy`: one matrix product for each position of the filter. */
function conv2dBackpropFilter({ inputs, attrs }: KernelCall): tf.Tensor {
  const { strides, pad, dataFormat, dimRoundingMode, filterShape } = attrs as unknown as ConvolutionAttributes
  if (dataFormat !== 'NHWC') throw new Error('The filter gradient on wasm is written for NHWC only.')
  // The engine hands kernels its own tensors, typed as TensorInfo.
  const { x, dy } = inputs as unknown as { x: tf.Tensor4D; dy: tf.Tensor4D }
  const info = tf.backend_util.computeConv2DInfo(x.shape, filterShape, strides, 1, pad, dimRoundingMode, false)
  const { batchSize, filterHeight, filterWidth, inChannels, outHeight, outWidth, outChannels, strideHeight, strideWidth, padInfo } = info
  return tf.tidy(() => {
    const padded = tf.pad4d(x, [
      [0, 0],
      [padInfo.top, padInfo.bottom],
      [padInfo.left, padInfo.right],
      [0, 0],
    ])
    const gradient = dy.reshape([batchSize * outHeight * outWidth, outChannels])
    const products: tf.Tensor[] = []
    for (let row = 0; row < filterHeight; row++) {
      for (let column = 0; column < filterWidth; column++) {
        const end = [batchSize, row + (outHeight - 1) * strideHeight + 1, column + (outWidth - 1) * strideWidth + 1, inChannels]
        const pixels = tf.stridedSlice(padded, [0, row, column, 0], end, [1, strideHeight, strideWidth, 1])
        products.push(tf.matMul(pixels.reshape([-1, inChannels]), gradient, true, false))
      }
    }
    return tf.stack(products).reshape(filterShape)
  })
}

type ConvolutionAttributes = Readonly<{
  strides: [number, number] | number
  pad: 'valid' | 'same' | number
  dataFormat: string
  dimRoundingMode: 'floor' | 'round' | 'ceil'
  filterShape: [number, number, number, number]
}>

function runInJavaScript(kernelName: string, { inputs, backend, attrs }: KernelCall): tf.TensorInfo | tf.TensorInfo[] {
  const javaScript = tf.engine().findBackend('cpu') as unknown as TypedBackend
  const kernel = tf.getKernel(kernelName, 'cpu')
  const owned: tf.TensorInfo[] = []
  const copyIn = (input: tf.TensorInfo): tf.TensorInfo => {
    const dataId = javaScript.write(backend.readSync(input.dataId), input.shape, input.dtype)
    owned.push({ dataId, shape: input.shape, dtype: input.dtype })
    return owned.at(-1)!
  }
  const copyOut = (output: tf.TensorInfo): tf.TensorInfo => ({
    dataId: backend.write(javaScript.readSync(output.dataId), output.shape, output.dtype),
    shape: output.shape,
    dtype: output.dtype,
  })
  const copies = Array.isArray(inputs)
    ? (inputs.map(copyIn) as unknown as tf.NamedTensorInfoMap)
    : Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input && copyIn(input)]))
  const outputs = kernel.kernelFunc({ inputs: copies as tf.NamedTensorInfoMap, backend: javaScript, attrs })
  const results = [outputs].flat()
  const returned = results.map(copyOut)
  for (const { dataId } of new Set([...owned, ...results])) javaScript.disposeData(dataId)
  return Array.isArray(outputs) ? returned : returned[0]!
}
