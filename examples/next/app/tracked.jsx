"use client";

// What runs in the browser for all pages: whose usage it is, and the module that a route
// stands for. Page views need nothing: the tracker sees where the router leads.

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
