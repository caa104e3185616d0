import { createRouter, createWebHashHistory } from 'vue-router'

/** The address keeps the page, so that reloading shows the same one. Pages other than the first come when they are asked for. */
export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: '/', name: 'start', component: () => import('../pages/StartPage.vue') },
    { path: '/import', name: 'import', component: () => import('../pages/ImportPage.vue'), meta: { needsProject: true } },
    { path: '/run', name: 'run', component: () => import('../pages/RunPage.vue'), meta: { needsProject: true } },
    { path: '/clusters', name: 'clusters', component: () => import('../pages/ClustersPage.vue'), meta: { needsProject: true } },
    { path: '/images', name: 'images', component: () => import('../pages/ImagesPage.vue'), meta: { needsProject: true } },
    { path: '/map', name: 'map', component: () => import('../pages/MapPage.vue'), meta: { needsProject: true } },
    { path: '/align', name: 'align', component: () => import('../pages/AlignPage.vue'), meta: { needsProject: true } },
    { path: '/review', name: 'review', component: () => import('../pages/ReviewPage.vue'), meta: { needsProject: true } },
    { path: '/diff', name: 'diff', component: () => import('../pages/DiffPage.vue'), meta: { needsProject: true } },
    { path: '/export', name: 'export', component: () => import('../pages/ExportPage.vue'), meta: { needsProject: true } },
    { path: '/settings', name: 'settings', component: () => import('../pages/SettingsPage.vue') },
    { path: '/compute', name: 'compute', component: () => import('../pages/ComputePage.vue') },
    { path: '/:rest(.*)', redirect: '/' },
  ],
})
