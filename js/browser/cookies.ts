// The two cookies. Sandboxed frames and blocked cookies make all of this
// throw; then the session lives as long as the page.

import type { Checked } from "../settings.ts";

const YEAR_S = 365 * 24 * 60 * 60;

/** Values of the session and the visitor cookie, as the engine takes them. */
export function readCookies({ cookiePrefix, persistence }: Checked): string {
  const value = (name: string): string => {
    const start = `${cookiePrefix}${name}=`;
    return document.cookie.split("; ").find((pair) => pair.startsWith(start))?.slice(start.length) ?? "";
  };
  try {
    return persistence === "memory" ? "" : `${value("sid")}\0${value("vid")}`;
  } catch {
    return "";
  }
}

/** Sets a cookie for so many seconds; 0 deletes it. */
export function setCookie({ cookiePrefix, cookieDomain }: Checked, name: string, value: string, seconds = YEAR_S): void {
  try {
    document.cookie =
      `${cookiePrefix}${name}=${value};path=/;samesite=lax;max-age=${seconds}` +
      (location.protocol === "https:" ? ";secure" : "") +
      (cookieDomain ? `;domain=${cookieDomain}` : "");
  } catch {
    // See above.
  }
}
