export default [
  {
    name: "React Router 7",
    tracker: "app/tracker.js",
    build: ["react-router", "build"],
    // React Router prints a warning about the next version in every app.
    warns: /Future Flag Warning/,
    made: "build/client",
    start: ["react-router-serve", "build/server/index.js"],
    dev: ["react-router", "dev", "--host", "127.0.0.1", "--port", "PORT"],
  },
];
