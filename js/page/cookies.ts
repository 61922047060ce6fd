// The ids of session and visitor, which all pages of a host share. They are in two cookies, or in web storage where
// cookies do not work, as on `file:`.

import { wall } from "../clock.ts";
import { page, pageAddress } from "../environment.ts";
import { SESSION_COOKIE, VISITOR_COOKIE } from "../generated/contract.ts";
import { attempt, indexOf, lastIndexOf, slice, startsWith, toNumber } from "../intrinsics.ts";
import type { CheckedSettings } from "../settings.ts";
import { removeStored, store } from "../web-storage.ts";
import { pageHost, readCookies, readStored, writeCookie } from "./browser.ts";

/** The values of the cookies; a missing one is empty. */
export interface CookieValues {
  readonly session: string;
  readonly visitor: string;
}

/** The cookies of all trackers of a page. */
export class Cookies {
  readonly #settings: CheckedSettings;
  readonly #warn: (problem: string) => void;
  #isWarned = false;

  constructor(settings: CheckedSettings, warn: (problem: string) => void) {
    this.#settings = settings;
    this.#warn = warn;
  }

  read(): CookieValues {
    if (!page() || this.#settings.persistence === "memory") return { session: "", visitor: "" };
    const all = readCookies();
    return { session: this.#newestValue(all, SESSION_COOKIE), visitor: this.#newestValue(all, VISITOR_COOKIE) };
  }

  setSession(value: string, seconds: number): void {
    this.#set(SESSION_COOKIE, value, seconds);
  }

  setVisitor(value: string, seconds: number): void {
    this.#set(VISITOR_COOKIE, value, seconds);
  }

  /** Removes both cookies, for every possible domain. One that stayed would be read again. */
  erase(): void {
    this.#erase(SESSION_COOKIE);
    this.#erase(VISITOR_COOKIE);
  }

  #erase(name: string): void {
    const { cookieDomain, cookiePrefix } = this.#settings;
    removeStored(cookiePrefix + name);
    this.#write(name, "", 0, "");
    this.#write(name, "", 0, cookieDomain);
    for (let domain = pageHost(); domain; ) {
      this.#write(name, "", 0, domain);
      const dot = indexOf(domain, ".");
      domain = dot < 0 ? "" : slice(domain, dot + 1);
    }
  }

  /**
   * The newest of several cookies with the same name. A session cookie contains its time; of other cookies, browsers
   * list the newest last.
   */
  #newestValue(all: string, name: string): string {
    const begin = `${this.#settings.cookiePrefix}${name}=`;
    let newest = "";
    for (let from = 0; from < all.length; ) {
      const end = indexOf(all, "; ", from);
      const pair = end < 0 ? slice(all, from) : slice(all, from, end);
      const value = startsWith(pair, begin) ? slice(pair, begin.length) : "";
      if (value && timeOf(value) >= timeOf(newest)) newest = value;
      from = end < 0 ? all.length : end + 2;
    }
    return newest || this.#storedValue(name);
  }

  #set(name: string, value: string, seconds: number): void {
    const { cookieDomain, cookiePrefix } = this.#settings;
    this.#write(name, value, seconds, cookieDomain);
    if (indexOf(`; ${readCookies()};`, `; ${cookiePrefix}${name}=${value};`) >= 0) return;
    if (cookieDomain && !this.#isWarned) {
      this.#isWarned = true;
      this.#warn(
        `the browser refuses cookies for cookieDomain ${cookieDomain}: pages of other hosts see other visitors.`,
      );
    }
    store(cookiePrefix + name, `${value} ${wall() + seconds * 1000}`);
  }

  #write(name: string, value: string, seconds: number, domain: string | undefined): void {
    const secure = startsWith(pageAddress(), "https:") ? ";secure" : "";
    const shared = domain ? `;domain=${domain}` : "";
    writeCookie(
      `${this.#settings.cookiePrefix}${name}=${value};path=/;samesite=lax;max-age=${seconds}${secure}${shared}`,
    );
  }

  /** The value stored in place of a cookie, if it has not expired. */
  #storedValue(name: string): string {
    const item = attempt(() => readStored(this.#settings.cookiePrefix + name)) ?? "";
    const space = lastIndexOf(item, " ");
    return toNumber(slice(item, space + 1)) > wall() ? slice(item, 0, space) : "";
  }
}

/** The time in a session cookie; 0 for other cookies. */
const timeOf = (value: string): number => toNumber(slice(value, lastIndexOf(value, ".") + 1)) || 0;
