//! What a host reports to the engine.

use std::num::NonZeroU32;

use natero_event::{Id, Json, Number};

use crate::{Announcement, Millis, RequestId, SegmentId};

/// Something that happened.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// Tracking begins. This is the first input and comes once.
    Start(Start<'a>),
    /// The page called a method.
    Call(Call<'a>),
    /// The user did something.
    Activity,
    /// The focus went into a frame whose events the host cannot observe, or (`false`)
    /// came out of it.
    FrameFocused(bool),
    /// The host read the cookies, as [`Effect::ReadCookies`](crate::Effect::ReadCookies) asked.
    CookiesRead(Cookies<'a>),
    /// The page became visible.
    Shown,
    /// The page is hidden or about to unload. Repeated reports change nothing.
    Hidden,
    /// The page navigated without a load, or came back from the back/forward cache. The
    /// host reports this once the page has its title, with the wall time of the
    /// navigation.
    Navigated(View<'a>),
    /// Another tab announced this. Its times are of the wall clock that all tabs share.
    OtherTab(Announcement),
    /// The browser reports that the network came back (`true`) or was lost. This is a
    /// hint.
    Online(bool),
    /// The time given by [`Engine::poll_timeout`](crate::Engine::poll_timeout) may have
    /// come. A spurious call changes nothing.
    Timer,
    /// The host sent a body once more by itself, because the first way or form failed.
    SentAgain(RequestId),
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
    /// The task ended in which
    /// [`Effect::PersistAtTaskEnd`](crate::Effect::PersistAtTaskEnd) was requested.
    TaskEnded,
    /// The host could not write this segment, or somebody removed it. Its events stay in
    /// memory and are written again with the next ones.
    WriteFailed(SegmentId),
    /// The records of one segment that a closed page left. The host may remove the
    /// original once it has performed the effects of this input without a failed write.
    /// Alternatively the record that all pages share, see
    /// [`Effect::ShareWait`](crate::Effect::ShareWait), which the host keeps.
    Adopted(&'a str),
    /// The page came back from the back/forward cache.
    Restored,
    /// An inspector was attached, or (`false`) removed.
    Inspected(bool),
}

/// The state of the browser when tracking begins.
#[derive(Debug, Clone, Copy, Default)]
pub struct Start<'a> {
    /// The page is visible. A worker has no page and is never visible.
    pub visible: bool,
    /// The browser reports that it has no network.
    pub offline: bool,
    /// The current page. `None`: there is none, as in a worker.
    pub view: Option<View<'a>>,
    /// Where the visitor came from; empty if unknown.
    pub referrer: &'a str,
    /// The cookies that an earlier page or another tab left.
    pub cookies: Cookies<'a>,
}

/// A page, as events name it.
#[derive(Debug, Clone, Copy, Default)]
pub struct View<'a> {
    /// Its address. Query and fragment are removed, unless the page passed the address
    /// itself.
    pub url: &'a str,
    /// Its title.
    pub title: &'a str,
}

/// The values of the two cookies. A missing one is empty.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cookies<'a> {
    /// The value of the session cookie.
    pub session: &'a str,
    /// The value of the visitor cookie.
    pub visitor: &'a str,
}

/// A method that the page called. The host has checked the arguments: it refuses wrong
/// ones at the call, while the developer's stack trace still shows the caller.
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
        /// Details about it, a JSON object.
        details: Option<Json<'a>>,
    },
    /// `identifyUser`
    IdentifyUser {
        /// The user.
        user: Id<'a>,
        /// Details about them, a JSON object.
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
        /// Time that the caller measured, not negative.
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

/// What one event uses instead of the current module or product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Override<'a> {
    /// The current one.
    #[default]
    Sticky,
    /// None.
    Cleared,
    /// This one.
    Is(Id<'a>),
}

impl<'a> Override<'a> {
    /// The id for the event; `sticky` is the current one.
    pub(crate) fn or(self, sticky: Option<Id<'a>>) -> Option<Id<'a>> {
        match self {
            Override::Sticky => sticky,
            Override::Cleared => None,
            Override::Is(id) => Some(id),
        }
    }
}

/// Identifies a `flush()` in its outcome. The host counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "typescript", derive(serde::Serialize, tsify::Tsify))]
pub struct FlushId(pub u32);

/// How a request ended.
#[derive(Debug, Clone, Copy)]
pub struct Response<'a> {
    /// Which one.
    pub request: RequestId,
    /// The server's answer. `None`: no answer came.
    pub answer: Option<Answer<'a>>,
}

/// What a server answered.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The HTTP status.
    pub status: u16,
    /// `Retry-After`, counted from now.
    pub retry_after: Option<Millis>,
    /// How many events of an accepted batch it refused.
    pub rejected: Option<NonZeroU32>,
    /// Those of the ids it was asked about that it does not have, separated by commas.
    /// `None`: it does not say.
    pub lacking: Option<&'a str>,
    /// Its explanation of the status; empty if it gave none.
    pub message: &'a str,
}
