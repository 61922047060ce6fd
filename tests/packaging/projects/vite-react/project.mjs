export default [
  {
    name: "Vite 8 with React",
    tracker: "src/tracker.js",
    uses: ["react"],
    build: ["vite", "build"],
    made: "dist",
    dev: ["vite", "--host", "127.0.0.1", "--port", "PORT"],
  },
];
