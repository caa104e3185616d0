import type { OpenProject } from '#engine/database/project.ts'

type Order = ReturnType<OpenProject['pages']['order']>
type OrderRequest = Parameters<OpenProject['pages']['order']>

/** As many as pages go back and forth between. */
const mostOrders = 4

/** The latest orders of each open project, and how many rows had been changed when they were read. */
const kept = new WeakMap<OpenProject, { changeCount: number; orders: Map<string, Order> }>()

/** Every image that matches, in order; read again only when something was written since. */
export function readOrder(project: OpenProject, ...request: OrderRequest): Order {
  const changeCount = project.connection.sql.prepare<[], number>('SELECT total_changes()').pluck().get() ?? 0
  let known = kept.get(project)
  if (known?.changeCount !== changeCount) {
    known = { changeCount, orders: new Map() }
    kept.set(project, known)
  }
  const key = JSON.stringify(request)
  const order = known.orders.get(key) ?? project.pages.order(...request)
  known.orders.delete(key)
  known.orders.set(key, order)
  for (const oldest of known.orders.keys()) if (known.orders.size > mostOrders) known.orders.delete(oldest)
  return order
}
