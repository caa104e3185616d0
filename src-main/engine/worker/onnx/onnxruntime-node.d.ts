/** The part of ONNX Runtime that is used; the package is optional and brings no types of its own. */
declare module 'onnxruntime-node' {
  export class Tensor {
    readonly data: Float32Array
    readonly dims: readonly number[]
    constructor(type: 'float32', data: Float32Array, dims: readonly number[])
  }
  export class InferenceSession {
    static create(path: string): Promise<InferenceSession>
    run(feeds: Readonly<Record<string, Tensor>>, fetches: readonly string[]): Promise<Readonly<Record<string, Tensor>>>
  }
}
