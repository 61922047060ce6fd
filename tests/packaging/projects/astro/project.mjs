export default [
  {
    name: "Astro 5",
    tracker: "src/tracker.js",
    build: ["astro", "build"],
    made: "dist",
    dev: ["astro", "dev", "--host", "127.0.0.1", "--port", "PORT"],
  },
];
