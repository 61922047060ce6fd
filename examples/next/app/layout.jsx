// A server component: it knows who is signed in. Everything within <Tracked> is tracked.

import Link from "next/link";
import { Tracked } from "./tracked.jsx";

export const metadata = { title: "Northwind", icons: "data:," };

// In a real app, the user of the session.
const user = { account: "acme", email: "ada@acme.example" };

export default function Layout({ children }) {
  return (
    <html lang="en">
      <body>
        <Tracked user={user}>
          <nav>
            <Link href="/">Dashboard</Link> <Link href="/reports">Reports</Link>
          </nav>
          <main>{children}</main>
        </Tracked>
      </body>
    </html>
  );
}
