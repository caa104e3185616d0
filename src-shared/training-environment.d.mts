export const trainingEnvironment: Readonly<Record<string, string>>
