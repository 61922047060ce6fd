export default [
  {
    name: "React Router 7",
    tracker: "app/tracker.js",
    build: ["react-router", "build"],
    // It tells every app of what the next version will do.
    warns: /Future Flag Warning/,
    made: "build/client",
    start: ["react-router-serve", "build/server/index.js"],
    dev: ["react-router", "dev", "--host", "127.0.0.1", "--port", "PORT"],
  },
];
