export default [
  {
    name: "Parcel 2",
    tracker: "tracker.js",
    // Parcel's cache of one build breaks the next.
    build: ["parcel", "build", "index.html", "--no-cache"],
    made: "dist",
    dev: ["parcel", "serve", "index.html", "--host", "127.0.0.1", "--port", "PORT"],
  },
];
