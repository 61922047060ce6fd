//! Inputs, as the facade hands them over: a number that says what happened, a
//! text whose parts are separated by NUL, and four numbers. `js/core.ts` has
//! the same numbers under the same names; a test compares them.

use natero_engine::{Call, Config, Consent, Cookies, Input, Override, Start};

/// `a`: 1 visible, 2 offline. Text: address, title, referrer, session cookie,
/// visitor cookie.
pub(crate) const START: u8 = 0;
/// Text: the account, or nothing.
pub(crate) const SET_ACCOUNT: u8 = 1;
/// Text: the user, or nothing.
pub(crate) const SET_USER: u8 = 2;
/// Text: account, details.
pub(crate) const IDENTIFY_ACCOUNT: u8 = 3;
/// Text: user, details.
pub(crate) const IDENTIFY_USER: u8 = 4;
/// Text: the product, or nothing.
pub(crate) const SET_PRODUCT: u8 = 5;
/// Text: the module, or nothing.
pub(crate) const SET_MODULE: u8 = 6;
/// Text: feature, total, module, product, details.
pub(crate) const FEATURE: u8 = 7;
/// Text: module, product. `a`: ms.
pub(crate) const MODULE_EVENT: u8 = 8;
/// Text: address, title.
pub(crate) const PAGE_VIEW: u8 = 9;
/// `a`: number of the flush.
pub(crate) const FLUSH: u8 = 10;
pub(crate) const OPT_IN: u8 = 11;
pub(crate) const OPT_OUT: u8 = 12;
pub(crate) const RESET: u8 = 13;
pub(crate) const SHUTDOWN: u8 = 14;
pub(crate) const ACTIVITY: u8 = 15;
/// Text: session cookie, visitor cookie.
pub(crate) const COOKIES: u8 = 16;
pub(crate) const SHOWN: u8 = 17;
pub(crate) const HIDDEN: u8 = 18;
/// Text: address, title.
pub(crate) const NAVIGATED: u8 = 19;
/// `a`: wall time.
pub(crate) const OTHER_TAB: u8 = 20;
/// `a`: 1 online, 0 offline.
pub(crate) const ONLINE: u8 = 21;
pub(crate) const TIMER: u8 = 22;
/// `a`: request, `b`: status or 0, `c`: `Retry-After` in ms or 0, `d`:
/// refused lines. Text: what the server said.
pub(crate) const RESPONSE: u8 = 23;
/// Text: the event.
pub(crate) const FILTERED: u8 = 24;
/// `a`: 1 where `beforeSend` threw.
pub(crate) const FILTERED_OUT: u8 = 25;
pub(crate) const STORE: u8 = 26;
/// Text: the records.
pub(crate) const ADOPTED: u8 = 27;
pub(crate) const RESTORED: u8 = 28;
/// `a`: number of the segment.
pub(crate) const NOT_STORED: u8 = 29;

/// What an override is called that means none. Ids are trimmed and never this.
const NONE: &str = " ";

pub(crate) fn input(op: u8, text: &str, a: f64, b: f64, c: f64, d: f64) -> Option<Input<'_>> {
    let parts = &mut { text };
    let call = match op {
        START => {
            return Some(Input::Start(Start {
                visible: a as u32 & 1 != 0,
                offline: a as u32 & 2 != 0,
                url: part(parts),
                title: part(parts),
                referrer: part(parts),
                cookies: cookies(parts),
            }));
        }
        SET_ACCOUNT => Call::SetAccount(some(text)),
        SET_USER => Call::SetUser(some(text)),
        IDENTIFY_ACCOUNT => Call::IdentifyAccount(part(parts), some(parts)),
        IDENTIFY_USER => Call::IdentifyUser(part(parts), some(parts)),
        SET_PRODUCT => Call::SetProduct(some(text)),
        SET_MODULE => Call::SetModule(some(text)),
        FEATURE => Call::Feature {
            feature: part(parts),
            total: some(part(parts)),
            module: over(part(parts)),
            product: over(part(parts)),
            details: some(parts),
        },
        MODULE_EVENT => Call::ModuleEvent {
            module: part(parts),
            time_spent: a,
            product: over(parts),
        },
        PAGE_VIEW => Call::PageView(part(parts), parts),
        FLUSH => Call::Flush(a as u32),
        OPT_IN => Call::OptIn,
        OPT_OUT => Call::OptOut,
        RESET => Call::Reset,
        SHUTDOWN => Call::Shutdown,
        ACTIVITY => return Some(Input::Activity),
        COOKIES => return Some(Input::Cookies(cookies(parts))),
        SHOWN => return Some(Input::Shown),
        HIDDEN => return Some(Input::Hidden),
        NAVIGATED => return Some(Input::Navigated(part(parts), parts)),
        OTHER_TAB => return Some(Input::OtherTab(a)),
        ONLINE => return Some(Input::Online(a != 0.0)),
        TIMER => return Some(Input::Timer),
        RESPONSE if b == 0.0 => return Some(Input::Failed(a as u32)),
        RESPONSE => {
            return Some(Input::Response {
                id: a as u32,
                status: b as u16,
                retry_after: c,
                rejected: d as u32,
                message: text,
            });
        }
        FILTERED => return Some(Input::Filtered(text)),
        FILTERED_OUT => return Some(Input::FilteredOut(a != 0.0)),
        STORE => return Some(Input::Store),
        ADOPTED => return Some(Input::Adopted(text)),
        RESTORED => return Some(Input::Restored),
        NOT_STORED => return Some(Input::NotStored(a as u32)),
        _ => return None,
    };
    Some(Input::Call(call))
}

/// Reads the settings. `flags`: 1 `trackUnload`, 2 `trackPageViews`, 4
/// `disableEventSend`, 8 `debug`, 16 there is a `beforeSend`, 32 memory, 64
/// consent pending, 128 consent denied. Text: account, user.
pub(crate) fn config(config: &mut Config, flags: u32, numbers: &[f64], text: &str) {
    let on = |flag| flags & flag != 0;
    let parts = &mut { text };
    config.account_id = some(part(parts)).map(str::to_owned);
    config.user_id = some(parts).map(str::to_owned);
    config.track_unload = on(1);
    config.track_page_views = on(2);
    config.disable_event_send = on(4);
    config.debug = on(8);
    config.filter = on(16);
    config.memory = on(32);
    config.consent = match (on(64), on(128)) {
        (_, true) => Consent::Denied,
        (true, _) => Consent::Pending,
        _ => Consent::Granted,
    };
    if let [session, idle, sync, flush, batch, bytes] = *numbers {
        config.session_timeout = session;
        config.idle_timeout = idle;
        config.session_sync_interval = sync;
        config.flush_interval = flush;
        config.batch_size = batch;
        config.max_queue_bytes = bytes;
    }
}

/// Takes the next part off a text.
fn part<'a>(rest: &mut &'a str) -> &'a str {
    let text = *rest;
    match text.bytes().position(|byte| byte == 0) {
        Some(end) => {
            *rest = &text[end + 1..];
            &text[..end]
        }
        None => {
            *rest = "";
            text
        }
    }
}

fn some(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

fn over(text: &str) -> Override<'_> {
    match text {
        "" => Override::Sticky,
        NONE => Override::None,
        id => Override::Is(id),
    }
}

fn cookies<'a>(rest: &mut &'a str) -> Cookies<'a> {
    Cookies {
        session: part(rest),
        visitor: part(rest),
    }
}
