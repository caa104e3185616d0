import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readKnownClasses } from '#engine/api/truth.ts'
import type { OpenProject } from '#engine/database/project.ts'
import { createProject } from '#engine/database/project.ts'
import { makeTemporaryFolder } from '../tiny-project.ts'

const paths = ['cats/1.png', 'cats/2.png', 'dogs/1.png', 'a b/it, "quoted".png', '猫/三.png']

describe('known classes', () => {
  let folder: Awaited<ReturnType<typeof makeTemporaryFolder>>
  let project: OpenProject
  const images = (): string => join(folder.path, 'images')

  /** What is found, by the path of the image. */
  const read = (place: string) => {
    const { classOf, unmatchedCount } = readKnownClasses(project, place)
    return { classes: Object.fromEntries([...classOf].map(([id, name]) => [project.images.get(id).path, name])), unmatchedCount }
  }
  const write = async (name: string, content: string): Promise<string> => {
    const path = join(folder.path, name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, content)
    return path
  }

  beforeAll(async () => {
    folder = await makeTemporaryFolder()
    project = createProject(join(folder.path, 'p'))
    const rootId = project.project.addRoot(images())
    const nothing = {
      contentHash: null,
      widthPx: null,
      heightPx: null,
      format: null,
      perceptualHash: null,
      problemCode: null,
      reason: null,
    }
    const noPlace = { pixelRow: null, thumbnailOffset: null, thumbnailLength: null }
    project.images.save(paths.map((path) => ({ rootId, path, sizeBytes: 1, modifiedAt: 1, status: 'ok' as const, ...nothing, ...noPlace })))
  })
  afterAll(async () => {
    project.close()
    await folder.remove()
  })

  it('come from a CSV file by relative path, absolute path, or a name that only one image has', async () => {
    const file = await write(
      'truth.csv',
      `\uFEFFId,File,Label\r\n1,cats/1.png,cat\r\n2,2.png,cat\r\n3,./dogs/1.png,dog\r\n4,"a b/it, ""quoted"".png",odd\r\n5,${images()}/猫/三.png,猫\r\n`,
    )
    expect(read(file)).toEqual({
      classes: { 'cats/1.png': 'cat', 'cats/2.png': 'cat', 'dogs/1.png': 'dog', 'a b/it, "quoted".png': 'odd', '猫/三.png': '猫' },
      unmatchedCount: 0,
    })
  })

  it('leave out a name that two images have, a name that none has, and rows without a class', async () => {
    const file = await write('unclear.csv', 'path,class\n1.png,cat\nnone.png,cat\ncats/2.png,\ndogs\\1.png,dog\n')
    expect(read(file)).toEqual({ classes: { 'dogs/1.png': 'dog' }, unmatchedCount: 2 })
  })

  it('come from a folder of folders, each class with whatever lies below it', async () => {
    for (const path of ['felines/deep/2.png', 'cats/1.png', 'felines/三.png', 'felines/1.png']) await write(join('truth', path), 'x')
    expect(read(join(folder.path, 'truth'))).toEqual({
      classes: { 'cats/2.png': 'felines', 'cats/1.png': 'cats', '猫/三.png': 'felines' },
      unmatchedCount: 1,
    })
  })

  it.each([
    ['nothing.csv', undefined, 'NOT_FOUND'],
    ['columns.csv', 'name,kind\na,b\n', 'BAD_INPUT'],
    ['header.csv', 'path,label\n', 'BAD_INPUT'],
    ['empty.csv', '', 'BAD_INPUT'],
    ['flat/1.png', 'x', 'BAD_INPUT'],
  ])('cannot come from %s', async (name, content, code) => {
    if (content !== undefined) await write(name, content)
    const place = join(folder.path, name.startsWith('flat') ? 'flat' : name)
    expect(() => readKnownClasses(project, place)).toThrow(expect.objectContaining({ code }))
  })
})
