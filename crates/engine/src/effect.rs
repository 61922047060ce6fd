//! What an engine asks its owner to do.

use crate::Reason;

/// Something to do, in the order in which it is handed out.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Post a batch.
    Send(Request),
    /// Give the event, a line of JSON, to `beforeSend` and answer with
    /// [`crate::Input::Filtered`] or [`crate::Input::FilteredOut`], in order.
    Filter(String),
    /// Tell the developer and `onError` that events were lost.
    Lost(Loss),
    /// Warn the developer: the account changed under this user.
    UserInTwoAccounts(String),
    /// Print the event, where `debug` is on.
    Debug(String),
    /// Read the cookies and answer with [`crate::Input::Cookies`].
    ReadCookies,
    /// Set the session cookie, to expire after so many seconds.
    SetSession(String, f64),
    /// Set the visitor cookie, to expire after a year.
    SetVisitor(String),
    /// Delete both cookies.
    EraseCookies,
    /// Tell the other tabs that this one came into use now.
    /// `true`: storage may be used for that.
    Announce(bool),
    /// Settle the promise of a `flush`.
    Flushed {
        /// The number that came with the call.
        id: u32,
        /// Events confirmed by the server since the call.
        delivered: u32,
        /// Events still kept.
        pending: u32,
        /// Events that the server refused since the call.
        rejected: u32,
    },
    /// Remove every listener and timer, and give up this page's part of the
    /// storage.
    Detach,
    /// This page's part of the storage has this name. As long as the page
    /// lives, nobody else may take it over.
    Own(String),
    /// Answer with [`crate::Input::Store`] when the current task ends.
    StoreSoon,
    /// Store this text under this number.
    Store(u32, String),
    /// Remove what is stored under this number.
    Unstore(u32),
    /// Look for what closed pages left, and hand it over with
    /// [`crate::Input::Adopted`].
    Adopt,
    /// Remove everything that is stored for this source, by whatever page.
    Forget,
}

/// A batch to post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Names the request in its answer.
    pub id: u32,
    /// How many events it carries.
    pub events: u32,
    /// Newline-separated JSON.
    pub body: String,
    /// The body fits into what the browser grants to requests that outlive
    /// their page.
    pub keepalive: bool,
    /// The page may be gone at once: nothing asynchronous before the request.
    pub unloading: bool,
}

/// Events that will not be delivered.
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
