export default [
  {
    name: "Vite 8 with Vue",
    tracker: "src/tracker.js",
    uses: ["vue"],
    build: ["vite", "build"],
    made: "dist",
    dev: ["vite", "--host", "127.0.0.1", "--port", "PORT"],
  },
];
