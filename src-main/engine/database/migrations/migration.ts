/** One step of the schema: numbered, applied once, never changed after it has been released. */
export type Migration = Readonly<{ version: number; name: string; sql: string }>
