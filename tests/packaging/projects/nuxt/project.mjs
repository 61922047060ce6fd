export default [
  {
    name: "Nuxt 4",
    tracker: "app/tracker.js",
    build: ["nuxt", "build"],
    // One of Nuxt's own modules has no source map.
    warns: /plugin nuxt:/,
    made: ".output/public",
    start: ["node", ".output/server/index.mjs"],
    dev: ["nuxt", "dev", "--host", "127.0.0.1", "--port", "PORT"],
  },
];
