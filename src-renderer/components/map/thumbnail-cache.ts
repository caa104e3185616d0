const mostKept = 800

/** Pictures that were drawn lately, by address; those that come later say so. */
export function createThumbnailCache(onLoad: () => void): { get(url: string): HTMLImageElement | undefined } {
  const pictures = new Map<string, HTMLImageElement>()
  return {
    get(url) {
      let picture = pictures.get(url)
      if (!picture) {
        picture = new Image()
        picture.decoding = 'async'
        picture.onload = onLoad
        picture.src = url
      }
      // The latest last.
      pictures.delete(url)
      pictures.set(url, picture)
      for (const oldest of pictures.keys()) {
        if (pictures.size <= mostKept) break
        pictures.delete(oldest)
      }
      return picture.complete && picture.naturalWidth > 0 ? picture : undefined
    },
  }
}
