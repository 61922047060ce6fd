//! What both hosts have in common: names, limits and intervals.

use std::fmt::Write;

use natero_engine::{
    host_constants::{
        ACTIVITY_EVENTS, ASKED_PARAMETER, CLOSED_AFTER, COMPRESS_OVER_BYTES, FOCUS_CHECK,
        MAX_COMPRESSED_FAILURES, MAX_COPIES, MAX_DETAILS_DEPTH, MAX_EVENT_BYTES, MAX_QUOTED_UNITS,
        MAX_REMEMBERED_MESSAGES, MAX_REPORTED_MESSAGES, MAX_TITLE_WAIT, MAX_UNREADABLE_ANSWERS,
        MESSAGE_SILENCE, PROBE_TIMEOUT, RELEASED_WITHIN, SHARED_STATE_KEY,
    },
    stored_names,
};

use crate::{WRITES, number, quoted};

pub(crate) fn write(text: &mut String) {
    names(text);
    for (name, value, doc) in [
        (
            "FOCUS_CHECK_MS",
            FOCUS_CHECK.0 as usize,
            "How often the tracker checks whether the focus is still in a frame of another origin.",
        ),
        (
            "MAX_TITLE_WAIT_MS",
            MAX_TITLE_WAIT.0 as usize,
            "A hidden page has no frames. After this time the title of a navigation is read without one.",
        ),
        (
            "CLOSED_AFTER_MS",
            CLOSED_AFTER.0 as usize,
            "Without locks (on plain http), a page counts as closed if it has not updated its time stamp for this long.",
        ),
        (
            "RELEASED_WITHIN_MS",
            RELEASED_WITHIN.0 as usize,
            "When a lock that another page held is requested once more.",
        ),
        (
            "PROBE_TIMEOUT_MS",
            PROBE_TIMEOUT.0 as usize,
            "How long to wait for the request that tests why a collector is unreachable.",
        ),
        (
            "MESSAGE_SILENCE_MS",
            MESSAGE_SILENCE.0 as usize,
            "How long the same message is not repeated.",
        ),
        (
            "MAX_REMEMBERED_MESSAGES",
            MAX_REMEMBERED_MESSAGES,
            "For how many different messages that is remembered.",
        ),
        (
            "MAX_REPORTED_MESSAGES",
            MAX_REPORTED_MESSAGES,
            "How many messages all trackers together report within `MESSAGE_SILENCE_MS`.",
        ),
        (
            "COMPRESS_OVER_BYTES",
            COMPRESS_OVER_BYTES,
            "Longer bodies are compressed.",
        ),
        (
            "MAX_COMPRESSED_FAILURES",
            MAX_COMPRESSED_FAILURES,
            "After this many compressed bodies in a row that failed, the next one is sent uncompressed.",
        ),
        (
            "MAX_UNREADABLE_ANSWERS",
            MAX_UNREADABLE_ANSWERS,
            "After this many answers in a row that could not be read, `fetch` is given up.",
        ),
        (
            "MAX_QUOTED_UNITS",
            MAX_QUOTED_UNITS,
            "How much of an answer that is not JSON a message quotes, in UTF-16 units.",
        ),
        (
            "MAX_COPIES",
            MAX_COPIES,
            "Maximum number of unanswered copies for `debugUrl`.",
        ),
        (
            "MAX_DETAILS_DEPTH",
            MAX_DETAILS_DEPTH,
            "How deeply details may be nested. Deeper objects are left out.",
        ),
        (
            "MAX_EVENT_BYTES",
            MAX_EVENT_BYTES,
            "Largest event that `beforeSend` may return, in bytes of JSON.",
        ),
    ] {
        number(text, doc, name, value);
    }
    let events = ACTIVITY_EVENTS.map(quoted).join(", ");
    write!(
        text,
        "\n/** DOM events that count as activity. Pages also scroll by themselves. */\n\
         export const ACTIVITY_EVENTS = [{events}];\n"
    )
    .expect(WRITES);
}

/// The names in cookies and web storage, on the page and in requests.
fn names(text: &mut String) {
    for (name, value, doc) in [
        (
            "SESSION_COOKIE",
            stored_names::SESSION_COOKIE,
            "Name of the session cookie, after the prefix.",
        ),
        (
            "VISITOR_COOKIE",
            stored_names::VISITOR_COOKIE,
            "Name of the visitor cookie, after the prefix.",
        ),
        (
            "STORED_EVENTS",
            stored_names::STORED_EVENTS,
            "Begin of the names of stored events, after the prefix. The digit is the version of the format.",
        ),
        (
            "STORED_CALLS",
            stored_names::STORED_CALLS,
            "Begin of the names of stored calls, after the prefix. The digit is the version of the format.",
        ),
        (
            "LAST_ALIVE",
            stored_names::LAST_ALIVE,
            "Under this suffix a part of the storage records when its page was last alive. Segments count from 1.",
        ),
        (
            "SHARED_WAIT",
            stored_names::SHARED_WAIT,
            "Under this suffix all pages share the time until which the server asked to wait.",
        ),
        (
            "TAB",
            stored_names::TAB,
            "Name under which tabs announce which of them was used last, after the prefix.",
        ),
        (
            "SHARED_STATE_KEY",
            SHARED_STATE_KEY,
            "Key of the symbol under which all copies of the tracker on a page share their state.",
        ),
        (
            "ASKED_PARAMETER",
            ASKED_PARAMETER,
            "Query parameter with the ids of events for which the server is asked whether it has them.",
        ),
    ] {
        write!(text, "\n/** {doc} */\nexport const {name} = \"{value}\";\n").expect(WRITES);
    }
}
