const names: Readonly<Record<string, string>> = {
  Mod: 'CommandOrControl',
  ArrowRight: 'Right',
  ArrowLeft: 'Left',
  ArrowUp: 'Up',
  ArrowDown: 'Down',
  '+': 'Plus',
}

/**
 * A chord of the command list as a native menu writes it; undefined for a key without a modifier: in a menu it would be taken from
 * fields where a person types.
 */
export function toAccelerator(chord: string): string | undefined {
  const parts = chord.split(/\+(?=.)/)
  if (parts[0] !== 'Mod' && !/^F\d+$/.test(chord)) return undefined
  return parts.map((part) => names[part] ?? part).join('+')
}
