//! What a host tells the engine.

use std::num::NonZeroU32;

use natero_event::{Id, Json, Number};

use crate::{Millis, RequestId, SegmentId, Wall};

/// Something that happened.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// Tracking begins. Comes first, once.
    Start(Start<'a>),
    /// The page called a method.
    Call(Call<'a>),
    /// The user did something.
    Activity,
    /// The focus went into a frame of the page in which the host hears nothing,
    /// or (`false`) came out of it.
    FrameFocused(bool),
    /// The host read the cookies, as [`Effect::ReadCookies`](crate::Effect::ReadCookies) asked.
    CookiesRead(Cookies<'a>),
    /// The page became visible.
    Shown,
    /// The page is hidden or about to go. Spurious repeats change nothing.
    Hidden,
    /// The page moved on without a load, or came back from the back/forward
    /// cache. It is told once the page has its title, with the wall time of the
    /// navigation.
    Navigated(View<'a>),
    /// Another tab came into use at this time.
    OtherTab {
        /// When, by the wall clock that all tabs share.
        since: Wall,
    },
    /// The browser says that the network came (`true`) or went: a hint.
    Online(bool),
    /// The time that [`Engine::poll_timeout`](crate::Engine::poll_timeout)
    /// named may have come. A spurious one changes nothing.
    Timer,
    /// A request ended.
    Response(Response<'a>),
    /// `beforeSend` let the oldest event of [`Effect::Filter`](crate::Effect::Filter)
    /// pass, as this line of JSON.
    Filtered(&'a str),
    /// `beforeSend` dropped that event.
    FilteredOut {
        /// It threw, or returned no event.
        threw: bool,
    },
    /// The task ends in which
    /// [`Effect::PersistAtTaskEnd`](crate::Effect::PersistAtTaskEnd) was asked for.
    TaskEnded,
    /// The host could not write this segment, or somebody removed it. Its events
    /// stay in memory and are written again with what comes next.
    WriteFailed(SegmentId),
    /// The records of one segment that a closed page left. The host may remove
    /// the original once the effects of this input are performed without a
    /// failed write. Or what pages share, as
    /// [`Effect::ShareWait`](crate::Effect::ShareWait) tells, which stays.
    Adopted(&'a str),
    /// The page came back from the back/forward cache.
    Restored,
    /// Somebody looks into the tracker from now on, or (`false`) no longer.
    Inspected(bool),
}

/// What the browser looks like when tracking begins.
#[derive(Debug, Clone, Copy, Default)]
pub struct Start<'a> {
    /// The page is visible. A worker has no page and is never visible.
    pub visible: bool,
    /// The browser says that it has no network.
    pub offline: bool,
    /// The page. `None`: there is none, as in a worker.
    pub view: Option<View<'a>>,
    /// Where the visitor came from; empty where that is not known.
    pub referrer: &'a str,
    /// What an earlier page or another tab left.
    pub cookies: Cookies<'a>,
}

/// A page as events name it.
#[derive(Debug, Clone, Copy, Default)]
pub struct View<'a> {
    /// Its address, without query and fragment unless the page passed it.
    pub url: &'a str,
    /// Its title.
    pub title: &'a str,
}

/// The values of the two cookies. Where one is missing, its text is empty.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cookies<'a> {
    /// Of the session cookie.
    pub session: &'a str,
    /// Of the visitor cookie.
    pub visitor: &'a str,
}

/// A method that the page called, with arguments that the host has checked: it
/// refuses wrong ones at the call, where the developer's stack trace still
/// shows who made it.
#[derive(Debug, Clone, Copy)]
pub enum Call<'a> {
    /// `setAccountId`
    SetAccount(Option<Id<'a>>),
    /// `setUserId`
    SetUser(Option<Id<'a>>),
    /// `setProductId`
    SetProduct(Option<Id<'a>>),
    /// `setModuleId`
    SetModule(Option<Id<'a>>),
    /// `identifyAccount`
    IdentifyAccount {
        /// The account.
        account: Id<'a>,
        /// What is known of it.
        details: Option<Json<'a>>,
    },
    /// `identifyUser`
    IdentifyUser {
        /// The user.
        user: Id<'a>,
        /// What is known of them.
        details: Option<Json<'a>>,
    },
    /// `sendFeatureEvent`
    Feature {
        /// The feature.
        feature: Id<'a>,
        /// How often it was used.
        total: Number<'a>,
        /// The module of this event.
        module: Override<'a>,
        /// The product of this event.
        product: Override<'a>,
        /// More about this use.
        details: Option<Json<'a>>,
    },
    /// `sendModuleEvent`
    ModuleEvent {
        /// The module.
        module: Id<'a>,
        /// Time that the caller measured, at least 0.
        time_spent: Millis,
        /// The product of this event.
        product: Override<'a>,
    },
    /// `trackPageView`
    PageView(View<'a>),
    /// `flush`
    Flush(FlushId),
    /// `optIn`
    OptIn,
    /// `optOut`
    OptOut,
    /// `reset`
    Reset,
    /// `shutdown`: the last call.
    Shutdown,
}

/// What one event has in place of the module or product that is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Override<'a> {
    /// The one that is set.
    #[default]
    Sticky,
    /// None.
    Cleared,
    /// This one.
    Is(Id<'a>),
}

impl<'a> Override<'a> {
    /// The id that the event gets where `sticky` is set.
    pub(crate) fn or(self, sticky: Option<Id<'a>>) -> Option<Id<'a>> {
        match self {
            Override::Sticky => sticky,
            Override::Cleared => None,
            Override::Is(id) => Some(id),
        }
    }
}

/// Names a `flush()` in its outcome. The host counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "typescript", derive(serde::Serialize, tsify::Tsify))]
pub struct FlushId(pub u32);

/// How a request ended.
#[derive(Debug, Clone, Copy)]
pub struct Response<'a> {
    /// Which one.
    pub request: RequestId,
    /// What the server answered. `None`: no answer came.
    pub answer: Option<Answer<'a>>,
}

/// What a server answered.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The HTTP status.
    pub status: u16,
    /// `Retry-After`, from now.
    pub retry_after: Option<Millis>,
    /// How many lines of an accepted batch it refused.
    pub rejected: Option<NonZeroU32>,
    /// Those of the ids it was asked about that it lacks, separated by commas.
    /// `None`: it does not say.
    pub lacking: Option<&'a str>,
    /// What it said about that; empty where it said nothing.
    pub message: &'a str,
}
