// An app whose modules follow its routes, with both kinds of routers.

import { na } from "natero-wasm/inline";
import { NateroProvider, usePathModule, useRouteModule } from "natero-wasm/react";
import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";

const tracker = new na("api", "auth", { endpoint: location.origin, userId: "ann", accountId: "acme" });
window.tracker = tracker;

const MODULES = {
  "/": "dashboard",
  "/reports": "reports",
  "/teams/[id]": "team",
  "/teams/:id/billing": "billing",
  "/teams/new": "new team",
  "/docs/[[...slug]]": "docs",
  "/users/:id?": "users",
  "/help": null,
};

function ByPath({ path }) {
  usePathModule(path, MODULES);
  return null;
}

function ByMatches({ matches }) {
  useRouteModule(matches);
  return null;
}

function App() {
  const [route, setRoute] = useState({ path: "/" });
  window.setRoute = setRoute;
  return (
    <NateroProvider tracker={tracker}>
      {route.matches ? <ByMatches matches={route.matches} /> : <ByPath path={route.path} />}
    </NateroProvider>
  );
}

createRoot(document.getElementById("root")).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
