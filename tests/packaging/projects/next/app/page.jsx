// A server component that imports the package.

import { na } from "natero-wasm";
import { Export } from "./export.jsx";

export default function Page() {
  return (
    <>
      <p>The class is called {na.name}</p>
      <Export />
    </>
  );
}
