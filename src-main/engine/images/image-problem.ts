/**
 * Why a file of the folder gave no picture. Codes are stable: the database keeps them.
 *
 * - `not-a-file`      folder, pipe, socket or device; it was not opened
 * - `no-permission`   the system refuses to read it
 * - `vanished`        it was there when the folder was listed, not any more
 * - `unreadable`      any other failure of the disk
 * - `file-name`       the name is not valid UTF-8
 * - `broken-link`     a symbolic link to nothing
 * - `link-loop`       a symbolic link to a folder that is scanned anyway
 * - `empty`           zero bytes
 * - `not-an-image`    content of another kind (text, video, ...)
 * - `not-a-photograph` SVG or PDF: drawings without pixels of their own
 * - `unsupported`     an image format or variant that cannot be read here
 * - `truncated`       the end of the file is missing
 * - `damaged`         the content breaks the rules of its format
 * - `too-large`       more pixels or bytes than the limits allow
 * - `too-slow`        decoding took longer than the limit
 * - `decoder-died`    the decoding process ended on this file, also when it was decoded alone
 */
export type ImageProblemCode =
  | 'not-a-file'
  | 'no-permission'
  | 'vanished'
  | 'unreadable'
  | 'file-name'
  | 'broken-link'
  | 'link-loop'
  | 'empty'
  | 'not-an-image'
  | 'not-a-photograph'
  | 'unsupported'
  | 'truncated'
  | 'damaged'
  | 'too-large'
  | 'too-slow'
  | 'decoder-died'

/** Why a file gave no picture: a stable code and one sentence for a person. */
export type ImageProblem = Readonly<{ kind: 'problem'; code: ImageProblemCode; message: string }>

export function imageProblem(code: ImageProblemCode, message: string): ImageProblem {
  return { kind: 'problem', code, message }
}

/** The problem behind an error of the file system. */
export function toFileProblem(error: unknown): ImageProblem {
  const errno = (error as NodeJS.ErrnoException | null)?.code
  if (errno === 'EACCES' || errno === 'EPERM') return imageProblem('no-permission', 'There is no permission to read it.')
  if (errno === 'ENOENT' || errno === 'ENOTDIR') return imageProblem('vanished', 'It was removed while the folder was read.')
  if (errno === 'ELOOP') return imageProblem('link-loop', 'It is a symbolic link that leads back to itself.')
  if (errno === 'EISDIR' || errno === 'ENXIO') return imageProblem('not-a-file', 'It is not an ordinary file.')
  return imageProblem('unreadable', `It cannot be read: ${error instanceof Error ? error.message : String(error)}.`)
}
