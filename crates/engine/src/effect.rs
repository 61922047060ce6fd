//! What an engine asks its owner to do.

use crate::Reason;

/// Something to do, in the order in which it is handed out. Flat, as it
/// crosses to JS: an enum with fields is taken apart there only to be put
/// together again, which was 2.3 KB of wasm.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Effect {
    /// What to do; it says what the text and the numbers mean.
    pub what: Do,
    /// Empty where none is told of.
    pub text: String,
    /// 0 where none is told of.
    pub numbers: [f64; 4],
}

/// What to do. `js/core.ts` has the same numbers under the same names; a test
/// compares them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Do {
    #[default]
    /// Post a batch. Text: newline-separated JSON. Numbers: the request that
    /// its answer is to name; how many events it carries; 1 where it fits into
    /// what the browser grants to requests that outlive their page; 1 where
    /// the page may be gone at once: nothing asynchronous before the request.
    Send = 0,
    /// Give the event, a line of JSON, to `beforeSend` and answer with
    /// [`crate::Op::Filtered`] or [`crate::Op::FilteredOut`], in order.
    Filter = 1,
    /// Tell the developer and `onError` that events will not be delivered.
    /// Text: what the server said. Numbers: the [`Reason`]; how many; what the
    /// server answered, 0 where it was not asked.
    Lost = 2,
    /// Warn the developer: the account changed under this user.
    UserInTwoAccounts = 3,
    /// Print the event, where `debug` is on.
    Debug = 4,
    /// Read the cookies and answer with [`crate::Op::Cookies`].
    ReadCookies = 5,
    /// Set the session cookie, to expire after so many seconds.
    SetSession = 6,
    /// Set the visitor cookie, to expire after a year.
    SetVisitor = 7,
    /// Delete both cookies.
    EraseCookies = 8,
    /// Tell the other tabs that this one came into use now. 1: storage may be
    /// used for that.
    Announce = 9,
    /// Settle the promise of a `flush`. Numbers: that which came with the
    /// call; events confirmed by the server since; events still kept; events
    /// that the server refused since.
    Flushed = 10,
    /// Remove every listener and timer, and give up this page's part of the
    /// storage.
    Detach = 11,
    /// Come back at this monotonic time. The binding asks for it, by
    /// [`crate::Engine::poll_timeout`].
    Wake = 12,
    /// This page's part of the storage has this name. As long as the page
    /// lives, nobody else may take it over.
    Own = 13,
    /// Answer with [`crate::Op::Store`] when the current task ends.
    StoreSoon = 14,
    /// Store this text under this number.
    Store = 15,
    /// Remove what is stored under this number.
    Unstore = 16,
    /// Look for what closed pages left, and hand it over with
    /// [`crate::Op::Adopted`].
    Adopt = 17,
    /// Remove everything that is stored for this source, by whatever page.
    Forget = 18,
}

/// [`Do::Send`], by the names of its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Names the request in its answer.
    pub id: u32,
    /// How many events it carries.
    pub events: u32,
    /// Newline-separated JSON.
    pub body: String,
    /// It may outlive its page.
    pub keepalive: bool,
    /// The page may be gone at once.
    pub unloading: bool,
}

impl From<Effect> for Request {
    fn from(effect: Effect) -> Request {
        let [id, events, keepalive, unloading] = effect.numbers;
        Request {
            id: id as u32,
            events: events as u32,
            body: effect.text,
            keepalive: keepalive != 0.0,
            unloading: unloading != 0.0,
        }
    }
}

/// [`Do::Lost`], by the names of its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// Why.
    pub reason: Reason,
    /// How many.
    pub count: u32,
    /// What the server answered; 0 where it was not asked.
    pub status: u16,
    /// What the server said.
    pub message: String,
}

impl From<Effect> for Loss {
    fn from(effect: Effect) -> Loss {
        let [reason, count, status, _] = effect.numbers;
        Loss {
            reason: Reason::ALL[reason as usize],
            count: count as u32,
            status: status as u16,
            message: effect.text,
        }
    }
}
