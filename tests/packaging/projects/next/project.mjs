const way = (bundler, flags) => ({
  name: `Next 16 with ${bundler}`,
  tracker: "tracker.js",
  // One server component imports the package, another constructs a tracker.
  paths: ["/", "/constructs"],
  build: ["next", "build", ...flags],
  made: ".next",
  scripts: ".next/static",
  start: ["next", "start", "--hostname", "127.0.0.1", "--port", "PORT"],
  dev: ["next", "dev", ...flags, "--hostname", "127.0.0.1", "--port", "PORT"],
});

export default [way("Turbopack", []), way("webpack", ["--webpack"])];
