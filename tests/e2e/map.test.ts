import type { Locator } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasBrowser } from '../renderer/browser.ts'
import { tinyImageCount } from '../tiny-project.ts'
import { seriousFindings } from './accessibility.ts'
import { openPage, type PageFixture } from './page-fixture.ts'

describe.runIf(hasBrowser())('the map', () => {
  let app: PageFixture
  beforeAll(async () => {
    app = await openPage({ clustered: true })
  })
  afterAll(() => app?.close())

  const plane = (): Locator => app.page.getByRole('application')
  const bar = (): Locator => app.page.getByRole('toolbar', { name: 'What to do with the selection' })
  const legend = (): Locator => app.page.getByRole('region', { name: 'Legend' })
  const entries = (): Locator => legend().getByRole('listitem')
  const selectedCount = async (): Promise<number> =>
    Number(/\d+/.exec((await bar().isVisible()) ? ((await bar().textContent()) ?? '').replace('One', '1') : '0')?.[0] ?? 0)

  /** Drags around a rectangle of the plane, in shares of its width and height. */
  async function enclose(left: number, top: number, right: number, bottom: number): Promise<void> {
    const box = (await plane().boundingBox())!
    const corners = [
      [left, top],
      [right, top],
      [right, bottom],
      [left, bottom],
    ].map(([x, y]) => [box.x + x! * box.width, box.y + y! * box.height] as const)
    await app.page.mouse.move(...corners[0]!)
    await app.page.mouse.down()
    for (const corner of corners.slice(1)) await app.page.mouse.move(...corner, { steps: 4 })
    await app.page.mouse.up()
  }

  it('is computed when it is first looked at, by key, and shows every image', async () => {
    await app.goto('/clusters')
    await app.page.getByRole('heading', { level: 1, name: 'Clusters' }).waitFor()
    await app.page.keyboard.press('p')
    await plane().waitFor({ timeout: 60_000 })
    expect(await plane().getAttribute('aria-label')).toBe(`Map of ${tinyImageCount} images`)
    expect((await app.client.layouts.get()).state.kind).toBe('ready')
  })

  it('selects what a line goes around: a new one instead, with Shift more, with Alt less, nothing with Escape', async () => {
    await enclose(0.01, 0.01, 0.99, 0.99)
    await expect.poll(selectedCount).toBe(tinyImageCount)
    await enclose(0.01, 0.01, 0.5, 0.99)
    await expect.poll(selectedCount).toBeLessThan(tinyImageCount)
    const left = await selectedCount()
    expect(left).toBeGreaterThan(0)
    await app.page.keyboard.down('Shift')
    await enclose(0.5, 0.01, 0.99, 0.99)
    await app.page.keyboard.up('Shift')
    await expect.poll(selectedCount).toBe(tinyImageCount)
    await app.page.keyboard.down('Alt')
    await enclose(0.01, 0.01, 0.5, 0.99)
    await app.page.keyboard.up('Alt')
    await expect.poll(selectedCount).toBe(tinyImageCount - left)
    await app.page.keyboard.press('Escape')
    await expect.poll(selectedCount).toBe(0)
  })

  it('hides entries of the legend by a click and shows one alone by two; what is hidden is not enclosed', async () => {
    const sizes = (await app.client.clusters.list()).map(({ imageCount }) => imageCount).filter((count) => count > 0)
    await expect.poll(() => entries().count()).toBe(sizes.length)
    const first = entries().first().getByRole('button').first()
    await first.click()
    expect(await first.getAttribute('aria-pressed')).toBe('false')
    await enclose(0.01, 0.01, 0.99, 0.99)
    await expect.poll(selectedCount).toBe(tinyImageCount - sizes[0]!)
    await app.page.keyboard.press('Escape')
    await first.dblclick()
    await enclose(0.01, 0.01, 0.99, 0.99)
    await expect.poll(selectedCount).toBe(sizes[0]!)
    await first.dblclick()
    await enclose(0.01, 0.01, 0.99, 0.99)
    await expect.poll(selectedCount).toBe(tinyImageCount)
    await app.page.keyboard.press('Escape')
  })

  it('says in its legend what the colours stand for', async () => {
    const colourBy = app.page.getByLabel('Colour by')
    const counts = async () => (await legend().locator('.entry .muted').allTextContents()).map(Number)
    for (const [way, known] of [
      ['Confidence', / %/],
      ['Trust', /Reliable|Doubtful/],
      ['Who labelled it', /no one yet/],
      ['Class', /Without a class/],
      ['Cluster', /Cluster/],
    ] as const) {
      await colourBy.selectOption(way)
      await expect.poll(() => legend().locator('.entry').first().textContent()).toMatch(known)
      await expect.poll(async () => (await counts()).reduce((sum, count) => sum + count, 0)).toBe(tinyImageCount)
    }
  })

  it('shares its selection with the grid beside it, both ways', async () => {
    const tiles = app.page.locator('.beside [role=option]')
    await enclose(0.01, 0.01, 0.99, 0.99)
    await app.page.keyboard.press('g')
    await expect.poll(() => tiles.count()).toBeGreaterThan(3)
    await expect.poll(() => app.page.locator('.beside [aria-selected=true]').count()).toBe(await tiles.count())
    await tiles.nth(2).click()
    await expect.poll(selectedCount).toBe(1)
    await expect.poll(() => tiles.count()).toBeGreaterThan(3)
    await expect.poll(() => plane().getByRole('status').textContent()).toContain('1 selected')
    const tileWidth = async () => (await tiles.first().boundingBox())!.width
    const before = await tileWidth()
    await plane().focus()
    await app.page.keyboard.press('+')
    await app.page.getByRole('button', { name: 'Larger' }).click()
    expect(await tileWidth()).toBe(before)
    await app.page.keyboard.press('0')
    await app.page.keyboard.press('g')
    await expect.poll(() => tiles.count()).toBe(0)
  })

  it('moves what was enclosed to a new cluster, colours it so, and takes it back', async () => {
    await enclose(0.01, 0.01, 0.99, 0.99)
    await app.page.keyboard.press('c')
    await app.page.getByRole('dialog').getByRole('combobox').fill('enclosed')
    await app.page.keyboard.press('Enter')
    await expect.poll(() => legend().textContent()).toContain(`enclosed${tinyImageCount}`)
    expect(await entries().count()).toBe(1)
    await app.page.keyboard.press('Control+Z')
    await expect.poll(() => legend().textContent()).not.toContain('enclosed')
  })

  /** A place of the plane where a selected image is: pointing there shows that it can be dragged. */
  async function findSelected(): Promise<{ x: number; y: number }> {
    const box = (await plane().boundingBox())!
    // The pictures of so few images are 96 px wide.
    const columns = Math.ceil(box.width / 40)
    for (let step = 0; step < columns * Math.ceil(box.height / 40); step++) {
      const at = { x: box.x + (step % columns) * 40 + 8, y: box.y + Math.floor(step / columns) * 40 + 8 }
      await app.page.mouse.move(at.x, at.y)
      if ((await app.page.locator('.frame.movable').count()) > 0) return at
    }
    throw new Error('No selected image was found.')
  }
  async function dragTo(target: Locator): Promise<void> {
    const from = await findSelected()
    const to = (await target.boundingBox())!
    await app.page.mouse.move(from.x, from.y)
    await app.page.mouse.down()
    await app.page.mouse.move(to.x + to.width / 2, to.y + to.height / 2, { steps: 8 })
    // The first move over an element says that it was entered, the next that it is hovered.
    await app.page.mouse.move(to.x + to.width / 2 + 2, to.y + to.height / 2)
    await expect.poll(() => target.textContent()).toMatch(/Move to|Label/)
    await app.page.mouse.up()
  }

  it('moves what was enclosed by dragging it onto a cluster, in the legend or the side list, and undoes it as one', async () => {
    const sizes = async () => (await app.client.clusters.list()).map(({ imageCount }) => imageCount)
    const before = await sizes()
    const [largest, other] = before.map((_, place) => place).toSorted((one, next) => before[next]! - before[one]!) as [number, number]
    const names = (await app.client.clusters.list()).map(({ name }) => name)
    const targets = [
      legend().getByRole('listitem').filter({ hasText: names[other] }),
      app.page.getByRole('complementary').getByRole('link', { name: names[other] }),
    ]
    for (const target of targets) {
      await legend()
        .getByRole('button', { name: `Select the images of ${names[largest]}` })
        .click()
      await expect.poll(selectedCount).toBe(before[largest]!)
      await dragTo(target)
      await expect
        .poll(sizes)
        .toEqual(before.map((size, place) => (place === largest ? 0 : place === other ? size + before[largest]! : size)))
      await expect.poll(selectedCount).toBe(0)
      await app.page.keyboard.press('Control+Z')
      await expect.poll(sizes).toEqual(before)
      await expect.poll(() => entries().count()).toBe(before.filter((size) => size > 0).length)
    }
  })

  it('labels what is dropped on a class of the legend', async () => {
    const { classId: id } = await app.client.classes.create({ name: 'round' })
    await app.client.mappings.apply({ mappings: [{ clusterId: (await app.client.clusters.list())[0]!.id, classId: id }] })
    await app.page.reload()
    await app.page.getByLabel('Colour by').selectOption('Class')
    await expect.poll(() => legend().textContent()).toContain('round')
    await plane().focus()
    await app.page.keyboard.press('Control+A')
    await expect.poll(selectedCount).toBe(tinyImageCount)
    await dragTo(entries().filter({ hasText: 'round' }))
    const labelled = async () => (await app.client.images.list({ filter: { labelSource: 'human' } })).total
    await expect.poll(labelled).toBe(tinyImageCount)
    await app.page.keyboard.press('Control+Z')
    await expect.poll(labelled).toBe(0)
    for (let step = 0; step < 2; step++) await app.client.edits.undo()
    await app.page.reload()
    await app.page.getByLabel('Colour by').selectOption('Cluster')
  })

  it('draws a line on with Shift, though it begins on an image that is selected', async () => {
    await enclose(0.01, 0.01, 0.99, 0.99)
    await expect.poll(selectedCount).toBe(tinyImageCount)
    const { x, y } = await findSelected()
    await app.page.keyboard.down('Shift')
    await app.page.mouse.down()
    await app.page.mouse.move(x + 60, y + 10, { steps: 3 })
    expect(await plane().getAttribute('draggable')).toBe('false')
    await app.page.mouse.up()
    await app.page.keyboard.up('Shift')
    expect(await selectedCount()).toBe(tinyImageCount)
    await app.page.mouse.move(x, y)
    await app.page.mouse.down()
    await app.page.mouse.up()
    await expect.poll(selectedCount).toBe(1)
    await app.page.keyboard.press('Escape')
  })

  it('moves by the menu that a key opens, for what is selected', async () => {
    await enclose(0.01, 0.01, 0.99, 0.99)
    await plane().focus()
    await app.page.keyboard.press('Shift+F10')
    await app.page.getByRole('menuitem', { name: /^Move/ }).click()
    await app.page.getByRole('dialog', { name: `Move ${tinyImageCount} images to` }).waitFor()
    const [first] = await app.client.clusters.list()
    await app.page.getByRole('dialog').getByRole('option', { name: first!.name }).click()
    const sizeOfFirst = async () => (await app.client.clusters.list()).find(({ id }) => id === first!.id)?.imageCount
    await expect.poll(sizeOfFirst).toBe(tinyImageCount)
    await app.page.keyboard.press('Control+Z')
    await expect.poll(sizeOfFirst).toBe(first!.imageCount)
  })

  it('is worked without a mouse: from image to image, zoom, open, and back', async () => {
    await plane().focus()
    const said = () => plane().getByRole('status').textContent()
    await app.page.keyboard.press('ArrowRight')
    await expect.poll(said).toMatch(/\.png, 1 selected/)
    const seen = new Set([await said()])
    for (const key of ['ArrowRight', 'ArrowDown', 'ArrowLeft', 'ArrowUp', 'ArrowLeft']) {
      await app.page.keyboard.press(key)
      seen.add(await said())
    }
    expect(seen.size).toBeGreaterThan(2)
    await app.page.keyboard.press('Shift+ArrowRight')
    await app.page.keyboard.press('Shift+ArrowLeft')
    await expect.poll(selectedCount).toBeGreaterThan(1)
    await app.page.keyboard.press('+')
    await app.page.keyboard.press('z')
    await app.page.keyboard.press('0')
    await app.page.keyboard.press('Space')
    await app.page.getByText(/^\d+ of \d+$/).waitFor()
    await app.page.keyboard.press('ArrowRight')
    await app.page.getByText(/^\d+ of \d+$/).waitFor()
    await app.page.keyboard.press('Escape')
    await app.page.keyboard.press('Escape')
    await expect.poll(selectedCount).toBe(0)
  })

  it('moves with the space bar, the middle button and the hand, and zooms where the wheel is', async () => {
    const box = (await plane().boundingBox())!
    const middle = [box.x + box.width / 2, box.y + box.height / 2] as const
    const drag = async (button: 'left' | 'middle'): Promise<void> => {
      await app.page.mouse.move(...middle)
      await app.page.mouse.down({ button })
      await app.page.mouse.move(middle[0] + 3000, middle[1], { steps: 5 })
      await app.page.mouse.up({ button })
    }
    const isEmpty = async (): Promise<boolean> => {
      await enclose(0.01, 0.01, 0.99, 0.99)
      await new Promise((resolve) => setTimeout(resolve, 100))
      return (await selectedCount()) === 0
    }
    await app.page.keyboard.down('Space')
    await drag('left')
    await app.page.keyboard.up('Space')
    expect(await isEmpty()).toBe(true)
    await app.page.getByRole('button', { name: 'Show the whole map' }).click()
    await expect.poll(isEmpty).toBe(false)
    await drag('middle')
    expect(await isEmpty()).toBe(true)
    await app.page.keyboard.press('0')
    await expect.poll(isEmpty).toBe(false)
    await app.page.keyboard.press('l')
    await drag('left')
    await app.page.keyboard.press('l')
    expect(await isEmpty()).toBe(true)
    await app.page.keyboard.press('0')
    await expect.poll(isEmpty).toBe(false)
    await app.page.mouse.move(box.x + 2, box.y + 2)
    await app.page.mouse.wheel(0, -4000)
    await expect.poll(isEmpty).toBe(true)
    await app.page.keyboard.press('0')
  })

  it('zooms by two fingers, where they are', async () => {
    const box = (await plane().boundingBox())!
    const touch = await app.page.context().newCDPSession(app.page)
    const fingers = (type: 'touchStart' | 'touchMove', apartPx: number) =>
      touch.send('Input.dispatchTouchEvent', {
        type,
        touchPoints: [-1, 1].map((side) => ({ x: box.x + box.width / 2 + (side * apartPx) / 2, y: box.y + box.height / 2, id: side + 1 })),
      })
    await fingers('touchStart', 40)
    for (let apartPx = 60; apartPx <= 600; apartPx += 60) await fingers('touchMove', apartPx)
    await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
    await enclose(0.01, 0.01, 0.99, 0.99)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(await selectedCount()).toBeLessThan(tinyImageCount)
    await app.page.keyboard.press('Escape')
    await app.page.keyboard.press('0')
  })

  it('draws again when the graphics were lost', async () => {
    const look = async () => (await plane().screenshot()).toString('base64')
    await app.page.mouse.move(1, 1)
    let before = ''
    // Until notices are gone and nothing moves.
    await expect
      .poll(
        async () => {
          const last = before
          before = await look()
          return before === last
        },
        { timeout: 20_000, interval: 1000 },
      )
      .toBe(true)
    await app.page.evaluate(`{
      const lost = document.querySelector('.frame canvas').getContext('webgl2').getExtension('WEBGL_lose_context')
      lost.loseContext()
      setTimeout(() => lost.restoreContext(), 50)
    }`)
    await app.page.waitForTimeout(300)
    await expect.poll(async () => (await look()) === before, { timeout: 10_000 }).toBe(true)
  })

  it('gives the same images as a table', async () => {
    await app.page.getByRole('button', { name: 'Table' }).click()
    const rows = app.page.getByRole('table').getByRole('row')
    await expect.poll(() => rows.count()).toBe(tinyImageCount + 1)
    await rows.nth(3).getByRole('checkbox').check()
    await expect.poll(selectedCount).toBe(1)
    await app.page.keyboard.press('Escape')
    await expect.poll(selectedCount).toBe(0)
    await app.page.keyboard.press('Control+A')
    await expect.poll(selectedCount).toBe(tinyImageCount)
    await app.page.keyboard.press('Escape')
    await rows.nth(5).click({ button: 'right' })
    await app.page.getByRole('menuitem', { name: 'Open image' }).click()
    await app.page.getByText(`5 of ${tinyImageCount}`).waitFor()
    await app.page.keyboard.press('Escape')
    await app.page.keyboard.press('Escape')
  })

  it.each(['light', 'dark'] as const)('has no serious finding of axe in the %s theme', async (colorScheme) => {
    await app.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    expect(await seriousFindings(app.page)).toEqual([])
    await app.page.getByRole('button', { name: 'Table' }).click()
    await plane().waitFor()
    await enclose(0.01, 0.01, 0.99, 0.99)
    await app.page.keyboard.press('g')
    await app.page.locator('.beside [role=option]').first().waitFor()
    expect(await seriousFindings(app.page)).toEqual([])
    await app.page.keyboard.press('g')
    await app.page.keyboard.press('Escape')
    await app.page.getByRole('button', { name: 'Table' }).click()
  })

  it('without WebGL2 says so, and shows the table', async () => {
    await app.page.addInitScript(`{
      const { prototype } = HTMLCanvasElement
      const getContext = prototype.getContext
      prototype.getContext = function (kind, options) { return kind === 'webgl2' ? null : getContext.call(this, kind, options) }
    }`)
    await app.page.reload()
    await app.page.getByText('it needs WebGL2').waitFor()
    await expect.poll(() => app.page.getByRole('table').getByRole('row').count()).toBe(tinyImageCount + 1)
    expect(await app.page.getByRole('button', { name: 'Table' }).count()).toBe(0)
    expect(await seriousFindings(app.page)).toEqual([])
  })

  it('left the browser without a complaint', () => {
    expect(app.complaints).toEqual([])
  })
})
