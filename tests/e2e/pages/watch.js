// Records all errors in the page, for the test to read.
window.trouble = { errors: [], rejections: [], console: [] };
addEventListener("error", (event) => trouble.errors.push(String(event.message)));
addEventListener("unhandledrejection", (event) => trouble.rejections.push(String(event.reason)));
{
  const original = console.error;
  console.error = (...parts) => {
    trouble.console.push(parts.map(String).join(" "));
    original.apply(console, parts);
  };
}
