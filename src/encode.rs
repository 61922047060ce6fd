//! Effects, as the facade takes them: a number that says what to do, a text
//! and four numbers. `js/core.ts` has the same numbers under the same names; a
//! test compares them.

use crate::host::Host;
use natero_engine::Effect;

/// Text: the body. `a`: request, `b`: events, `c`: 1 where it may outlive the
/// page, `d`: 1 while the page unloads.
pub(crate) const SEND: u8 = 0;
/// Text: the event.
pub(crate) const FILTER: u8 = 1;
/// Text: what the server said. `a`: reason, in the order of the counters, `b`:
/// events, `c`: status.
pub(crate) const LOST: u8 = 2;
/// Text: the user.
pub(crate) const USER_IN_TWO_ACCOUNTS: u8 = 3;
/// Text: the event.
pub(crate) const DEBUG: u8 = 4;
pub(crate) const READ_COOKIES: u8 = 5;
/// Text: the value. `a`: seconds until it expires.
pub(crate) const SET_SESSION: u8 = 6;
/// Text: the value.
pub(crate) const SET_VISITOR: u8 = 7;
pub(crate) const ERASE_COOKIES: u8 = 8;
/// `a`: 1 where storage may be used for that.
pub(crate) const ANNOUNCE: u8 = 9;
/// `a`: flush, `b`: delivered, `c`: pending, `d`: refused.
pub(crate) const FLUSHED: u8 = 10;
pub(crate) const DETACH: u8 = 11;
/// `a`: ms from now.
pub(crate) const WAKE: u8 = 12;
/// Text: the name of this page's part of the storage.
pub(crate) const OWN: u8 = 13;
pub(crate) const STORE_SOON: u8 = 14;
/// `a`: number of the segment. Text: what to store.
pub(crate) const STORE: u8 = 15;
/// `a`: number of the segment.
pub(crate) const UNSTORE: u8 = 16;
pub(crate) const ADOPT: u8 = 17;
pub(crate) const FORGET: u8 = 18;

pub(crate) fn perform(host: &Host, effect: &Effect) {
    let (op, text, [a, b, c, d]): (u8, &str, [f64; 4]) = match effect {
        Effect::Send(request) => (
            SEND,
            &request.body,
            [
                f64::from(request.id),
                f64::from(request.events),
                f64::from(u8::from(request.keepalive)),
                f64::from(u8::from(request.unloading)),
            ],
        ),
        Effect::Filter(line) => (FILTER, line, [0.0; 4]),
        Effect::Lost(loss) => (
            LOST,
            &loss.message,
            [
                f64::from(loss.reason as u8),
                f64::from(loss.count),
                f64::from(loss.status),
                0.0,
            ],
        ),
        Effect::UserInTwoAccounts(user) => (USER_IN_TWO_ACCOUNTS, user, [0.0; 4]),
        Effect::Debug(line) => (DEBUG, line, [0.0; 4]),
        Effect::ReadCookies => (READ_COOKIES, "", [0.0; 4]),
        Effect::SetSession(value, seconds) => (SET_SESSION, value, [*seconds, 0.0, 0.0, 0.0]),
        Effect::SetVisitor(value) => (SET_VISITOR, value, [0.0; 4]),
        Effect::EraseCookies => (ERASE_COOKIES, "", [0.0; 4]),
        Effect::Announce(store) => (ANNOUNCE, "", [f64::from(*store), 0.0, 0.0, 0.0]),
        Effect::Flushed {
            id,
            delivered,
            pending,
            rejected,
        } => (
            FLUSHED,
            "",
            [*id, *delivered, *pending, *rejected].map(f64::from),
        ),
        Effect::Detach => (DETACH, "", [0.0; 4]),
        Effect::Own(stream) => (OWN, stream, [0.0; 4]),
        Effect::StoreSoon => (STORE_SOON, "", [0.0; 4]),
        Effect::Store(number, text) => (STORE, text, [f64::from(*number), 0.0, 0.0, 0.0]),
        Effect::Unstore(number) => (UNSTORE, "", [f64::from(*number), 0.0, 0.0, 0.0]),
        Effect::Adopt => (ADOPT, "", [0.0; 4]),
        Effect::Forget => (FORGET, "", [0.0; 4]),
    };
    host.effect(op, text, a, b, c, d);
}

pub(crate) fn wake(host: &Host, ms: f64) {
    host.effect(WAKE, "", ms, 0.0, 0.0, 0.0);
}
