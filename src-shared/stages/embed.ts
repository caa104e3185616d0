import { choice, file, flag, integer, type SettingsOf } from '../settings.ts'

const own = 'Our own'

/** What the bytes of an image become before they enter an ONNX encoder. */
const onnxNormalizations = ['imagenet', 'clip', 'minus-one-to-one', 'zero-to-one', 'bytes'] as const

/** Stage 2, one L2-normalised vector for each image. */
export const embedSettings = {
  batchSize: integer(256, 1, 8192, { unit: 'images', source: own, help: 'Images that pass the network together.' }),
  packagedEncoders: choice('both', ['objects', 'pictures', 'both'], {
    source: own,
    help: 'Packaged encoders: one trained to find objects (320 features), one trained to tell kinds of pictures (448), or both together.',
  }),
  together: choice('always', ['always', 'auto'], {
    source: own,
    help: 'Learned and packaged features side by side: always, or only where both together divide the images more clearly than either alone.',
  }),
  inputSidePx: integer(224, 32, 512, { unit: 'px', source: own, help: 'Side to which images are brought for the packaged encoders.' }),
  mirror: flag(true, { source: own, help: 'Average the features of an image with those of its mirror image.' }),
  onnxFile: file(['onnx'], { source: own, help: 'Path of an ONNX file that turns images into features.' }),
  onnxSidePx: integer(0, 0, 1024, { unit: 'px', source: own, help: 'Side of the images that the ONNX encoder wants; 0 asks the file.' }),
  onnxLayout: choice('auto', ['auto', 'nchw', 'nhwc'], { source: own, help: 'Order of the axes of its input; auto asks the file.' }),
  onnxNormalization: choice('imagenet', onnxNormalizations, {
    source: own,
    help: 'Range of its input: mean and deviation of ImageNet or of CLIP, -1 to 1, 0 to 1, or 0 to 255.',
  }),
  onnxTokens: choice('first', ['first', 'mean'], {
    source: own,
    help: 'Of a sequence of vectors that it gives: the first, as transformers keep it for the whole image, or the mean.',
  }),
} as const

export type EmbedSettings = SettingsOf<typeof embedSettings>
