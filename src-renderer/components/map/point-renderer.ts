import type { MapView, ViewSize } from './map-view.ts'
import { fragmentShader, vertexShader } from './point-shaders.ts'
import type { PointStyle } from './point-style.ts'
import type { Rgb } from './readable-colour.ts'

/** Draws points with WebGL2; what changes is uploaded once, a frame is two calls. Sizes are in px of the page. */
export interface PointRenderer {
  /** `[count, 2]` */
  setPositions(positions: Float32Array): void
  /** `[count]` place of each point's colour. */
  setCategories(indices: Uint16Array): void
  /** `[count]` 1 where selected. */
  setSelected(flags: Uint8Array): void
  /** Colours 0-255; `null` hides the points that have it. */
  setPalette(colours: readonly (Rgb | null)[]): void
  /** Every n-th point, at most 31. */
  draw(view: MapView, size: ViewSize, pixelRatio: number, style: PointStyle, every: number): void
  dispose(): void
}

const paletteWidth = 1024

/** Undefined where the browser has no WebGL2. */
export function createPointRenderer(canvas: HTMLCanvasElement): PointRenderer | undefined {
  const gl = canvas.getContext('webgl2', { alpha: true, antialias: false, depth: false, premultipliedAlpha: true })
  const program = gl && link(gl)
  if (!gl || !program) return undefined
  const array = gl.createVertexArray()
  gl.bindVertexArray(array)
  const uniform = Object.fromEntries(
    ['middle', 'scale', 'sizePx', 'drawsSelected', 'palette', 'alpha', 'ringPx', 'ring'].map((name) => [
      name,
      gl.getUniformLocation(program, name),
    ]),
  )
  const attribute = (name: string, use: (place: number, every: number) => void) => {
    const buffer = gl.createBuffer()
    const place = gl.getAttribLocation(program, name)
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer)
    gl.enableVertexAttribArray(place)
    return {
      read(every: number) {
        gl.bindBuffer(gl.ARRAY_BUFFER, buffer)
        use(place, every)
      },
      set(values: ArrayBufferView, usage: number) {
        gl.bindBuffer(gl.ARRAY_BUFFER, buffer)
        gl.bufferData(gl.ARRAY_BUFFER, values, usage)
      },
    }
  }
  const positions = attribute('position', (place, every) => gl.vertexAttribPointer(place, 2, gl.FLOAT, false, 8 * every, 0))
  const categories = attribute('category', (place, every) => gl.vertexAttribIPointer(place, 1, gl.UNSIGNED_SHORT, 2 * every, 0))
  const selected = attribute('selected', (place, every) => gl.vertexAttribIPointer(place, 1, gl.UNSIGNED_BYTE, every, 0))
  const palette = gl.createTexture()
  gl.bindTexture(gl.TEXTURE_2D, palette)
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST)
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST)
  gl.useProgram(program)
  gl.enable(gl.BLEND)
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA)
  let count = 0

  return {
    setPositions(values) {
      count = values.length / 2
      positions.set(values, gl.STATIC_DRAW)
    },
    setCategories: (values) => categories.set(values, gl.DYNAMIC_DRAW),
    setSelected: (values) => selected.set(values, gl.DYNAMIC_DRAW),
    setPalette(colours) {
      const height = Math.max(1, Math.ceil(colours.length / paletteWidth))
      const texels = new Uint8Array(paletteWidth * height * 4)
      colours.forEach((colour, place) => {
        if (colour) texels.set([...colour, 255], place * 4)
      })
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, paletteWidth, height, 0, gl.RGBA, gl.UNSIGNED_BYTE, texels)
    },
    draw(view, { widthPx, heightPx }, pixelRatio, { sizePx, alpha, selectedAlpha, ringPx, ring, hasSelection }, every) {
      gl.viewport(0, 0, canvas.width, canvas.height)
      gl.clearColor(0, 0, 0, 0)
      gl.clear(gl.COLOR_BUFFER_BIT)
      if (count === 0) return
      for (const each of [positions, categories, selected]) each.read(every)
      gl.uniform2f(uniform.middle, view.x, view.y)
      gl.uniform2f(uniform.scale, (2 * view.scale) / widthPx, (-2 * view.scale) / heightPx)
      gl.uniform3f(uniform.ring, ring[0] / 255, ring[1] / 255, ring[2] / 255)
      const pass = (drawsSelected: boolean, passSizePx: number, passAlpha: number, passRingPx: number): void => {
        gl.uniform1i(uniform.drawsSelected, Number(drawsSelected))
        gl.uniform1f(uniform.sizePx, passSizePx * pixelRatio)
        gl.uniform1f(uniform.alpha, passAlpha)
        gl.uniform1f(uniform.ringPx, passRingPx * pixelRatio)
        gl.drawArrays(gl.POINTS, 0, Math.ceil(count / every))
      }
      pass(false, sizePx, alpha, 0)
      if (hasSelection) pass(true, sizePx + 2 * ringPx, selectedAlpha, ringPx)
    },
    dispose() {
      gl.getExtension('WEBGL_lose_context')?.loseContext()
    },
  }
}

function link(gl: WebGL2RenderingContext): WebGLProgram | undefined {
  const program = gl.createProgram()
  for (const [type, source] of [
    [gl.VERTEX_SHADER, vertexShader],
    [gl.FRAGMENT_SHADER, fragmentShader],
  ] as const) {
    const shader = gl.createShader(type)
    if (!shader) return undefined
    gl.shaderSource(shader, source)
    gl.compileShader(shader)
    gl.attachShader(program, shader)
  }
  gl.linkProgram(program)
  return gl.getProgramParameter(program, gl.LINK_STATUS) ? program : undefined
}
