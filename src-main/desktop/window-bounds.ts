/** In device-independent pixels of the whole desktop. */
export type Bounds = Readonly<{ x: number; y: number; width: number; height: number }>

export const smallestSize = { width: 880, height: 560 } as const
const firstSize = { width: 1360, height: 860 } as const

/**
 * Where a window opens: where it was, moved and shrunk into the screen that holds most of it; in the middle of the first screen when it
 * was nowhere or its screen is gone.
 *
 * @param screens The area of each screen that windows may use, the primary one first.
 */
export function restoreBounds(last: Bounds | undefined, screens: readonly Bounds[]): Bounds {
  const [holder] = last
    ? screens.filter((one) => overlap(last, one) > 0).sort((one, other) => overlap(last, other) - overlap(last, one))
    : []
  const screen = holder ?? screens[0]!
  const wanted = last && holder ? last : centred(screen)
  const width = Math.min(Math.max(wanted.width, smallestSize.width), screen.width)
  const height = Math.min(Math.max(wanted.height, smallestSize.height), screen.height)
  return {
    x: Math.round(clamp(wanted.x, screen.x, screen.x + screen.width - width)),
    y: Math.round(clamp(wanted.y, screen.y, screen.y + screen.height - height)),
    width: Math.round(width),
    height: Math.round(height),
  }
}

function centred(screen: Bounds): Bounds {
  const { width, height } = firstSize
  return { x: screen.x + (screen.width - width) / 2, y: screen.y + (screen.height - height) / 2, width, height }
}

function overlap(one: Bounds, other: Bounds): number {
  const width = Math.min(one.x + one.width, other.x + other.width) - Math.max(one.x, other.x)
  const height = Math.min(one.y + one.height, other.y + other.height) - Math.max(one.y, other.y)
  return Math.max(0, width) * Math.max(0, height)
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high)
}
