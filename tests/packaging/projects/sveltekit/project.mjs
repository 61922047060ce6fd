export default [
  {
    name: "SvelteKit 2",
    tracker: "src/lib/tracker.js",
    build: ["vite", "build"],
    made: "build",
    dev: ["vite", "dev", "--host", "127.0.0.1", "--port", "PORT"],
  },
];
