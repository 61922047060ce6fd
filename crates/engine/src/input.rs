//! What the owner of an engine tells it.

/// A moment on both clocks, in ms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Now {
    /// A clock that never goes back; durations are measured with it.
    pub mono: f64,
    /// Time since the Unix epoch; only written into events and cookies.
    pub wall: f64,
}

/// Instead of a sticky value, for one event alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Override<'a> {
    /// The sticky value stands.
    #[default]
    Sticky,
    /// None.
    None,
    /// This one.
    Is(&'a str),
}

/// A call of the host page. Ids are of 1 to 256 characters, `details` JSON
/// objects of at most 16 KiB: the facade refuses others at the call, where the
/// developer's stack trace still shows who made it.
#[derive(Debug, Clone, Copy)]
pub enum Call<'a> {
    /// `setAccountId`
    SetAccount(Option<&'a str>),
    /// `setUserId`
    SetUser(Option<&'a str>),
    /// `identifyAccount`: id and details
    IdentifyAccount(&'a str, Option<&'a str>),
    /// `identifyUser`: id and details
    IdentifyUser(&'a str, Option<&'a str>),
    /// `setProductId`
    SetProduct(Option<&'a str>),
    /// `setModuleId`
    SetModule(Option<&'a str>),
    /// `sendFeatureEvent`
    Feature {
        /// The feature's id.
        feature: &'a str,
        /// A JSON number; one where absent.
        total: Option<&'a str>,
        /// The module, where it differs.
        module: Override<'a>,
        /// The product, where it differs.
        product: Override<'a>,
        /// More about this use.
        details: Option<&'a str>,
    },
    /// `sendModuleEvent`
    ModuleEvent {
        /// The module's id.
        module: &'a str,
        /// Time measured by the caller, in ms, at least 0.
        time_spent: f64,
        /// The product, where it differs.
        product: Override<'a>,
    },
    /// `trackPageView`: address and title
    PageView(&'a str, &'a str),
    /// `flush`: the number is handed back with [`crate::Effect::Flushed`].
    Flush(u32),
    /// `optIn`
    OptIn,
    /// `optOut`
    OptOut,
    /// `reset`
    Reset,
    /// `shutdown`
    Shutdown,
}

impl<'a> Call<'a> {
    /// A feature event with nothing but its name.
    pub fn feature(feature: &'a str) -> Call<'a> {
        Call::Feature {
            feature,
            total: None,
            module: Override::Sticky,
            product: Override::Sticky,
            details: None,
        }
    }
}

/// Values of our two cookies; empty where there is none.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cookies<'a> {
    /// Of the session cookie.
    pub session: &'a str,
    /// Of the visitor cookie.
    pub visitor: &'a str,
}

/// What the browser looks like when tracking begins.
#[derive(Debug, Clone, Copy, Default)]
pub struct Start<'a> {
    /// The page is visible. A worker has no page and is never visible.
    pub visible: bool,
    /// The browser says that it has no network.
    pub offline: bool,
    /// The page's address without query and fragment; empty where there is no
    /// page.
    pub url: &'a str,
    /// The page's title.
    pub title: &'a str,
    /// Where the visitor came from.
    pub referrer: &'a str,
    /// Left by an earlier page or another tab.
    pub cookies: Cookies<'a>,
}

/// Something that happened.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// Tracking begins. Comes first, once.
    Start(Start<'a>),
    /// The host page called.
    Call(Call<'a>),
    /// The user did something.
    Activity,
    /// The cookies, as [`crate::Effect::ReadCookies`] asked.
    Cookies(Cookies<'a>),
    /// The page became visible.
    Shown,
    /// The page is hidden or about to go. Spurious repeats change nothing.
    Hidden,
    /// The page came back from the back/forward cache or moved on without a
    /// load: its address and title.
    Navigated(&'a str, &'a str),
    /// Another tab came into use at this wall time.
    OtherTab(f64),
    /// The network came or went.
    Online(bool),
    /// The time that [`crate::Engine::poll_timeout`] named may have come.
    Timer,
    /// The server answered.
    Response {
        /// The request.
        id: u32,
        /// Its HTTP status.
        status: u16,
        /// `Retry-After`, in ms from now; 0 where there is none.
        retry_after: f64,
        /// Lines that the server refused within an accepted batch.
        rejected: u32,
        /// What the server said about it.
        message: &'a str,
    },
    /// No answer came.
    Failed(u32),
    /// `beforeSend` let the oldest event of [`crate::Effect::Filter`] pass, as
    /// this line.
    Filtered(&'a str),
    /// `beforeSend` dropped that event, or threw where `true`.
    FilteredOut(bool),
    /// The task ends in which [`crate::Effect::StoreSoon`] was asked for.
    Store,
    /// The text of [`crate::Effect::Store`] with this number could not be
    /// stored: it is tried again with what comes next.
    NotStored(u32),
    /// What a closed page left under one key; it may be removed afterwards.
    Adopted(&'a str),
    /// The page came back from the back/forward cache.
    Restored,
}
