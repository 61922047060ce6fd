// A component of the server: it knows who is signed in, and what tracks is within <Tracked>.

import Link from "next/link";
import { Tracked } from "./tracked.jsx";

export const metadata = { title: "Northwind", icons: "data:," };

// In an app, whoever the session is of.
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
