//! Inputs by the names of their parts, for tests to say what happens.

use natero_engine::{self as engine, Op};

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
    /// `flush`: the number is handed back with `Do::Flushed`.
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
    /// The cookies, as `Do::ReadCookies` asked.
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
    /// The time that `Engine::poll_timeout` named may have come.
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
    /// `beforeSend` let the oldest event of `Do::Filter` pass, as
    /// this line.
    Filtered(&'a str),
    /// `beforeSend` dropped that event, or threw where `true`.
    FilteredOut(bool),
    /// The task ends in which `Do::StoreSoon` was asked for.
    Store,
    /// The text of `Do::Store` with this number could not be
    /// stored: it is tried again with what comes next.
    NotStored(u32),
    /// What a closed page left under one key; it may be removed afterwards.
    Adopted(&'a str),
    /// The page came back from the back/forward cache.
    Restored,
}

/// Hands an input over, as the facade would.
pub fn handle(engine: &mut engine::Engine, now: engine::Now, input: Input<'_>) {
    let (what, text, numbers) = flat(input);
    engine.handle(
        now,
        engine::Input {
            what,
            text: &text,
            numbers,
        },
    );
}

fn flat(input: Input<'_>) -> (Op, String, [f64; 4]) {
    let one = |a: f64| [a, 0.0, 0.0, 0.0];
    let none = String::new();
    match input {
        Input::Start(start) => {
            let flags = u8::from(start.visible) | u8::from(start.offline) << 1;
            let Cookies { session, visitor } = start.cookies;
            let parts = [start.url, start.title, start.referrer, session, visitor];
            (Op::Start, parts.join("\0"), one(f64::from(flags)))
        }
        Input::Call(call) => flat_call(call),
        Input::Activity => (Op::Activity, none, [0.0; 4]),
        Input::Cookies(cookies) => {
            let text = [cookies.session, cookies.visitor].join("\0");
            (Op::Cookies, text, [0.0; 4])
        }
        Input::Shown => (Op::Shown, none, [0.0; 4]),
        Input::Hidden => (Op::Hidden, none, [0.0; 4]),
        Input::Navigated(url, title) => (Op::Navigated, [url, title].join("\0"), [0.0; 4]),
        Input::OtherTab(wall) => (Op::OtherTab, none, one(wall)),
        Input::Online(online) => (Op::Online, none, one(f64::from(online))),
        Input::Timer => (Op::Timer, none, [0.0; 4]),
        Input::Response {
            id,
            status,
            retry_after,
            rejected,
            message,
        } => (
            Op::Response,
            message.to_owned(),
            [
                f64::from(id),
                f64::from(status),
                retry_after,
                f64::from(rejected),
            ],
        ),
        Input::Failed(id) => (Op::Response, none, one(f64::from(id))),
        Input::Filtered(line) => (Op::Filtered, line.to_owned(), [0.0; 4]),
        Input::FilteredOut(threw) => (Op::FilteredOut, none, one(f64::from(threw))),
        Input::Store => (Op::Store, none, [0.0; 4]),
        Input::Adopted(records) => (Op::Adopted, records.to_owned(), [0.0; 4]),
        Input::Restored => (Op::Restored, none, [0.0; 4]),
        Input::NotStored(segment) => (Op::NotStored, none, one(f64::from(segment))),
    }
}

fn flat_call(call: Call<'_>) -> (Op, String, [f64; 4]) {
    let id = |what, id: Option<&str>| (what, id.unwrap_or("").to_owned(), [0.0; 4]);
    let two = |what, a: &str, b: &str| (what, [a, b].join("\0"), [0.0; 4]);
    match call {
        Call::SetAccount(account) => id(Op::SetAccount, account),
        Call::SetUser(user) => id(Op::SetUser, user),
        Call::IdentifyAccount(id, details) => two(Op::IdentifyAccount, id, details.unwrap_or("")),
        Call::IdentifyUser(id, details) => two(Op::IdentifyUser, id, details.unwrap_or("")),
        Call::SetProduct(product) => id(Op::SetProduct, product),
        Call::SetModule(module) => id(Op::SetModule, module),
        Call::Feature {
            feature,
            total,
            module,
            product,
            details,
        } => {
            let (module, product) = (over(module), over(product));
            let parts = [
                feature,
                total.unwrap_or(""),
                module,
                product,
                details.unwrap_or(""),
            ];
            (Op::Feature, parts.join("\0"), [0.0; 4])
        }
        Call::ModuleEvent {
            module,
            time_spent,
            product,
        } => {
            let text = [module, over(product)].join("\0");
            (Op::ModuleEvent, text, [time_spent, 0.0, 0.0, 0.0])
        }
        Call::PageView(url, title) => two(Op::PageView, url, title),
        Call::Flush(flush) => (Op::Flush, String::new(), [f64::from(flush), 0.0, 0.0, 0.0]),
        Call::OptIn => id(Op::OptIn, None),
        Call::OptOut => id(Op::OptOut, None),
        Call::Reset => id(Op::Reset, None),
        Call::Shutdown => id(Op::Shutdown, None),
    }
}

fn over(over: Override<'_>) -> &str {
    match over {
        Override::Sticky => "",
        Override::None => " ",
        Override::Is(id) => id,
    }
}
