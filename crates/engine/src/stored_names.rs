//! The names under which both hosts keep things in cookies and web storage. Each comes after the
//! prefix that a page sets (`cookiePrefix`), so that the trackers of both hosts continue what the
//! other left.

/// Name of the session cookie, after the prefix.
pub const SESSION_COOKIE: &str = "sid";

/// Name of the visitor cookie, after the prefix.
pub const VISITOR_COOKIE: &str = "vid";

/// Begin of the names of stored events, after the prefix. The digit is the version of the format;
/// other versions are left alone.
pub const STORED_EVENTS: &str = "q1.";

/// Begin of the names of stored calls, which a page left before its tracker was loaded. The digit
/// is the version of the format.
pub const STORED_CALLS: &str = "c3.";

/// Under this suffix, a part of the storage records when its page was last alive. Segments count
/// from 1.
pub const LAST_ALIVE: &str = ".0";

/// Under this suffix, all pages share the time until which the server asked to wait.
pub const SHARED_WAIT: &str = ".wait";

/// Name under which tabs announce which of them was used last, after the prefix.
pub const TAB: &str = "tab";
