export default [
  {
    name: "Angular 21",
    tracker: "src/tracker.ts",
    build: ["ng", "build"],
    made: "dist/app/browser",
    dev: ["ng", "serve", "--host", "127.0.0.1", "--port", "PORT"],
  },
];
