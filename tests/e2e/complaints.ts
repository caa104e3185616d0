import type { Page } from 'playwright-core'

/** What the page complains of from now on: errors, warnings, refused resources, violations of the security policy. */
export function listenForComplaints(page: Page): string[] {
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(`page: ${error}`))
  page.on('console', (message) => {
    // Where there is no GPU, the browser says of each WebGL canvas that it draws by software.
    if (message.text().includes('GL Driver Message')) return
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(`${message.type()}: ${message.text()}`)
  })
  return complaints
}
