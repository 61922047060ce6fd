//! What the owner of an engine tells it.

/// A moment on both clocks, in ms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Now {
    /// A clock that never goes back; durations are measured with it.
    pub mono: f64,
    /// Time since the Unix epoch; only written into events and cookies.
    pub wall: f64,
}

/// An argument as the host page gave it, already turned into text where that
/// is possible without guessing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Arg<'a> {
    /// Not given, or `undefined`.
    #[default]
    Absent,
    /// `null`.
    Null,
    /// A trimmed string, or a number in decimal.
    Text(&'a str),
    /// Anything else; the text describes it, such as `an object`.
    Wrong(&'a str),
}

/// A call of the host page.
#[derive(Debug, Clone, Copy)]
pub enum Call<'a> {
    /// `setAccountId`
    SetAccount(Arg<'a>),
    /// `setUserId`
    SetUser(Arg<'a>),
    /// `identifyAccount`: id and details
    IdentifyAccount(Arg<'a>, Arg<'a>),
    /// `identifyUser`: id and details
    IdentifyUser(Arg<'a>, Arg<'a>),
    /// `setProductId`
    SetProduct(Arg<'a>),
    /// `setModuleId`
    SetModule(Arg<'a>),
    /// `sendFeatureEvent`
    Feature {
        /// The feature's id.
        feature: Arg<'a>,
        /// A JSON number; one where absent.
        total: Arg<'a>,
        /// Instead of the sticky module, for this event alone.
        module: Arg<'a>,
        /// Instead of the sticky product, for this event alone.
        product: Arg<'a>,
        /// A JSON object.
        details: Arg<'a>,
    },
    /// `sendModuleEvent`
    ModuleEvent {
        /// The module's id.
        module: Arg<'a>,
        /// Time measured by the caller, in ms.
        time_spent: f64,
        /// Instead of the sticky product, for this event alone.
        product: Arg<'a>,
    },
    /// `trackPageView`
    PageView {
        /// The page's address, as it is to be recorded.
        url: Arg<'a>,
        /// The page's title.
        title: Arg<'a>,
    },
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
    /// A call that the facade could make no sense of at all: method, argument,
    /// what is expected, what came.
    Wrong(&'static str, &'static str, &'static str, &'a str),
}

impl<'a> Call<'a> {
    /// A feature event with nothing but its name.
    pub fn feature(feature: &'a str) -> Call<'a> {
        Call::Feature {
            feature: Arg::Text(feature),
            total: Arg::Absent,
            module: Arg::Absent,
            product: Arg::Absent,
            details: Arg::Absent,
        }
    }
}

/// What the browser looks like when tracking begins.
#[derive(Debug, Clone, Copy, Default)]
pub struct Start<'a> {
    /// The page is visible. A worker has no page and is never visible.
    pub visible: bool,
    /// The page's address without query and fragment; empty where there is no
    /// page.
    pub url: &'a str,
    /// The page's title.
    pub title: &'a str,
    /// Where the visitor came from.
    pub referrer: &'a str,
    /// All readable cookies, as `document.cookie` has them.
    pub cookies: &'a str,
    /// Global Privacy Control or Do Not Track is on and was to be respected.
    pub privacy: bool,
    /// The browser says that it has no network.
    pub offline: bool,
    /// The page came over https.
    pub secure: bool,
}

/// Something that happened.
#[derive(Debug, Clone)]
pub enum Input<'a> {
    /// Tracking begins. Comes first, once.
    Start(Start<'a>),
    /// The host page called.
    Call(Call<'a>),
    /// The user did something, with the cookies where
    /// [`crate::Engine::wants_cookies`] asked for them.
    Activity(Option<&'a str>),
    /// The page became visible, with all readable cookies.
    Shown(&'a str),
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
        /// `Retry-After`, in ms from now.
        retry_after: Option<f64>,
        /// Lines that the server refused within an accepted batch.
        rejected: u32,
        /// What the server said about it.
        message: &'a str,
    },
    /// No answer came.
    Failed(u32),
    /// `beforeSend` let the event pass, changed or not.
    Filtered(Draft),
    /// `beforeSend` dropped the event, or threw where `true`.
    FilteredOut(bool),
}

/// A written event on its way into the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The event as a line of JSON, without `seq`.
    pub line: String,
    /// What it lacks, where it has to wait for account or user.
    pub waiting: Option<Box<Waiting>>,
}

/// What was known of account and user when an event was made that has to wait
/// for both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The account, where it was known.
    pub account: Option<String>,
    /// The user, where it was known.
    pub user: Option<String>,
}
