//! Names, limits and intervals that both hosts use. `crates/contract` writes them into TypeScript.

use crate::Millis;

/// Key of the symbol under which all copies of the tracker on a page share their state. Copies of
/// another version use it too, so it never changes.
pub const SHARED_STATE_KEY: &str = "natero-wasm";

/// Query parameter with the ids of events for which the server is asked whether it has them.
pub const ASKED_PARAMETER: &str = "asked";

/// DOM events that count as activity. Scrolling is not one, because pages also scroll by
/// themselves.
pub const ACTIVITY_EVENTS: [&str; 9] = [
    "pointerdown",
    "pointermove",
    "mousedown",
    "mousemove",
    "click",
    "keydown",
    "touchstart",
    "touchmove",
    "wheel",
];

/// How often the tracker checks whether the focus is still in a frame of another origin.
pub const FOCUS_CHECK: Millis = Millis(1_000.0);

/// A hidden page has no frames. After this time the title of a navigation is read without one.
pub const MAX_TITLE_WAIT: Millis = Millis(250.0);

/// Without locks (on plain http), a page counts as closed if it has not updated its time stamp for
/// this long. Pages update it when they store events or look for orphans, which is at least once a
/// minute while they are in use.
pub const CLOSED_AFTER: Millis = Millis(600_000.0);

/// When a lock that another page held is requested once more. A browser may start the next page
/// before it has released the locks of the one that this page replaces.
pub const RELEASED_WITHIN: Millis = Millis(1_000.0);

/// How long to wait for the request that tests why a collector is unreachable. A server that lets
/// requests hang will let this one hang, too.
pub const PROBE_TIMEOUT: Millis = Millis(5_000.0);

/// How long the same message is not repeated. The page's reaction to a message may cause the next
/// one.
pub const MESSAGE_SILENCE: Millis = Millis(1_000.0);

/// For how many different messages that is remembered.
pub const MAX_REMEMBERED_MESSAGES: usize = 100;

/// How many messages all trackers together report within [`MESSAGE_SILENCE`]. The page's reaction
/// may be to make another tracker, which reports the same.
pub const MAX_REPORTED_MESSAGES: usize = 250;

/// Longer bodies are compressed, in bytes. Shorter ones gain less than the preflight request costs.
pub const COMPRESS_OVER_BYTES: usize = 1024;

/// After this many compressed bodies in a row that failed, the next one is sent uncompressed. A
/// proxy or firewall may fail on compressed bodies with any status.
pub const MAX_COMPRESSED_FAILURES: usize = 3;

/// After this many answers in a row that could not be read, `fetch` is given up. A single one may
/// have been cut short by the network.
pub const MAX_UNREADABLE_ANSWERS: usize = 3;

/// How much of an answer that is not JSON a message quotes, in UTF-16 units.
pub const MAX_QUOTED_UNITS: usize = 200;

/// Maximum number of unanswered copies for `debugUrl`: the same server may take the events.
pub const MAX_COPIES: usize = 3;

/// How deeply details may be nested. Deeper objects are left out.
pub const MAX_DETAILS_DEPTH: usize = 64;

/// Largest event that `beforeSend` may return, in bytes of JSON: room for the details and
/// everything else.
pub const MAX_EVENT_BYTES: usize = 2 * natero_event::limits::MAX_DETAILS_BYTES;
