export default [
  {
    name: "Parcel 2",
    tracker: "tracker.js",
    build: ["parcel", "build", "index.html"],
    made: "dist",
    dev: ["parcel", "serve", "index.html", "--host", "127.0.0.1", "--port", "PORT"],
  },
];
