//! What the owner of an engine tells it.

/// A moment on both clocks, in ms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Now {
    /// A clock that never goes back; durations are measured with it.
    pub mono: f64,
    /// Time since the Unix epoch; only written into events and cookies.
    pub wall: f64,
}

/// Something that happened. Flat, as it comes from JS, for the same reason as
/// [`crate::Effect`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Input<'a> {
    /// What; it says what the text and the numbers mean.
    pub what: Op,
    /// Parts of text that belong together are separated by NUL. Where nothing
    /// is known, a part is empty, and parts at the end may be absent.
    pub text: &'a str,
    /// What is told of no number is not looked at.
    pub numbers: [f64; 4],
}

macro_rules! ops {
    ($($(#[$doc:meta])* $name:ident = $number:literal,)*) => {
        /// What happened. `js/core.ts` has the same numbers under the same
        /// names; a test compares them.
        ///
        /// Ids are of 1 to 256 characters, details JSON objects of at most
        /// 16 KiB: the facade refuses others at the call, where the
        /// developer's stack trace still shows who made it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Op {
            $($(#[$doc])* $name = $number,)*
        }

        impl Op {
            /// What has this number, if anything.
            pub fn of(number: u8) -> Option<Op> {
                match number {
                    $($number => Some(Op::$name),)*
                    _ => None,
                }
            }
        }
    };
}

ops! {
    /// Tracking begins: comes first, once. Number: 1 where the page is
    /// visible, plus 2 where the browser says that it has no network. Text:
    /// the page's address without query and fragment, title, referrer, session
    /// cookie, visitor cookie. A worker has no address and is never visible.
    Start = 0,
    /// `setAccountId`: the account.
    SetAccount = 1,
    /// `setUserId`: the user.
    SetUser = 2,
    /// `identifyAccount`: account, details.
    IdentifyAccount = 3,
    /// `identifyUser`: user, details.
    IdentifyUser = 4,
    /// `setProductId`: the product.
    SetProduct = 5,
    /// `setModuleId`: the module.
    SetModule = 6,
    /// `sendFeatureEvent`: feature, total as a JSON number (one where absent),
    /// module, product, details. An empty module or product stands for the
    /// current one, a blank for none.
    Feature = 7,
    /// `sendModuleEvent`: module, product as in [`Op::Feature`]. Number: the
    /// time that the caller measured, in ms, at least 0.
    ModuleEvent = 8,
    /// `trackPageView`: address, title.
    PageView = 9,
    /// `flush`: the number is handed back with [`crate::Do::Flushed`].
    Flush = 10,
    /// `optIn`
    OptIn = 11,
    /// `optOut`
    OptOut = 12,
    /// `reset`
    Reset = 13,
    /// `shutdown`: the last of the calls.
    Shutdown = 14,
    /// The user did something.
    Activity = 15,
    /// Session cookie and visitor cookie, as [`crate::Do::ReadCookies`] asked.
    Cookies = 16,
    /// The page became visible.
    Shown = 17,
    /// The page is hidden or about to go. Spurious repeats change nothing.
    Hidden = 18,
    /// The page came back from the back/forward cache or moved on without a
    /// load: its address and title.
    Navigated = 19,
    /// Another tab came into use at this wall time.
    OtherTab = 20,
    /// The network came (1) or went (0).
    Online = 21,
    /// The time that [`crate::Engine::poll_timeout`] named may have come.
    Timer = 22,
    /// The server answered, or nobody did. Numbers: the request; the HTTP
    /// status, or 0; `Retry-After` in ms from now, or 0; lines refused within
    /// an accepted batch. Text: what the server said.
    Response = 23,
    /// `beforeSend` let the oldest event of [`crate::Do::Filter`] pass, as
    /// this line.
    Filtered = 24,
    /// `beforeSend` dropped that event (0) or threw (1).
    FilteredOut = 25,
    /// The task ends in which [`crate::Do::StoreSoon`] was asked for.
    Store = 26,
    /// What a closed page left under one key; it may be removed afterwards.
    Adopted = 27,
    /// The page came back from the back/forward cache.
    Restored = 28,
    /// The text of [`crate::Do::Store`] with this number could not be stored:
    /// it is tried again with what comes next.
    NotStored = 29,
}

/// What stands for no module or product. Ids are trimmed and never this.
const NONE: &str = " ";

/// A text whose parts are taken off one by one.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'a>(pub &'a str);

impl<'a> Parts<'a> {
    /// The text up to the next separator.
    pub fn until(&mut self, separator: u8) -> &'a str {
        let text = self.0;
        match text.bytes().position(|byte| byte == separator) {
            Some(end) => {
                self.0 = &text[end + 1..];
                &text[..end]
            }
            None => {
                self.0 = "";
                text
            }
        }
    }

    /// The text up to the next NUL.
    pub fn text(&mut self) -> &'a str {
        self.until(0)
    }

    /// A part, or what stands for it where it is empty; a blank is none.
    pub fn or<'b>(&mut self, default: &'b str) -> &'b str
    where
        'a: 'b,
    {
        match self.text() {
            "" => default,
            NONE => "",
            text => text,
        }
    }
}
