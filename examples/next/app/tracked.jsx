"use client";

// The part that runs in the browser on all pages: it sets account and user, and the module for
// each route. Page views need no code: the tracker notices navigation by the router.

import { NateroProvider, usePathModule } from "natero-wasm/react";
import { usePathname } from "next/navigation";
import { tracker } from "../tracker.js";

const MODULES = { "/": "dashboard", "/reports": "reports" };

function Route({ children }) {
  usePathModule(usePathname(), MODULES);
  return children;
}

export function Tracked({ children, user }) {
  return (
    <NateroProvider tracker={tracker} accountId={user.account} userId={user.email} product="freight">
      <Route>{children}</Route>
    </NateroProvider>
  );
}
