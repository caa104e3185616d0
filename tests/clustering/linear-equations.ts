/** X of A X = B by Gaussian elimination, plainly; both as rows. */
export function solve(matrix: readonly (readonly number[])[], right: readonly (readonly number[])[]): number[][] {
  const system = matrix.map((row, place) => [...row, ...right[place]])
  for (let pivot = 0; pivot < system.length; pivot++) {
    const largest = system.findIndex(
      (row, place) => place >= pivot && system.every((other, at) => at < pivot || Math.abs(other[pivot]) <= Math.abs(row[pivot])),
    )
    ;[system[pivot], system[largest]] = [system[largest], system[pivot]]
    for (let row = 0; row < system.length; row++) {
      if (row === pivot) continue
      const factor = system[row][pivot] / system[pivot][pivot]
      system[row] = system[row].map((value, column) => value - factor * system[pivot][column])
    }
  }
  return system.map((row, place) => row.slice(system.length).map((value) => value / row[place]))
}
