/** @param folder The repository when left out. */
export function buildDesktop(folder?: string): Promise<void>
