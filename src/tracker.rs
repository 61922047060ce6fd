//! The tracker for Rust front ends.

mod arguments;
mod builder;
mod event;
mod feature;
mod ids;
mod module;

use natero_engine::{Call, Millis, Stats};
use serde::Serialize;

pub use self::{
    builder::TrackerBuilder, event::TrackedEvent, feature::Feature, module::ModuleGuard,
};
#[cfg(feature = "class")]
pub(crate) use self::{
    builder::{key, source},
    event::{EVENT_ID, with_event_id},
    ids::Ids,
};
pub(crate) use self::{
    feature::{Details, OwnedOverride},
    module::ModuleStack,
};

use self::arguments::{id, id_override, total_text};
use crate::{
    error::TrackerError,
    expected,
    flush::{Flush, Flushed},
    instance::{self, FeatureUse, Handle, Instance, StickyId, Subject},
    settings::rules,
};

/// Tracks how a page is used.
///
/// A `Tracker` is a handle that can be copied and sent to other threads. It tracks on the
/// thread that built it, which in a browser is the page's. On other threads, and on a
/// server, where there is neither a page nor a worker, it is inert: every call succeeds and
/// does nothing.
///
/// ```no_run
/// use natero_wasm::{Feature, Tracker};
///
/// let tracker = Tracker::builder("API-KEY", "AUTH-KEY")
///     .account_id("acme")
///     .user_id("ann")
///     .endpoint("https://usage.example.com")
///     .build()?;
/// tracker.set_product_id("studio")?;
/// tracker.set_module_id("reports")?; // time in the module runs from here
/// tracker.send_feature("open report")?;
/// tracker.send_feature(Feature::new("export").total(3.0))?;
/// tracker.set_module_id(None)?;
/// # Ok::<(), natero_wasm::TrackerError>(())
/// ```
///
/// A page has one tracker for each source, which is an endpoint and two keys. Building it
/// again gives another handle to the running tracker, which ends when the last of these
/// handles is shut down. Copies of a handle are the same handle, and dropping one ends
/// nothing. A tracker of another wasm module or of the npm package is a separate one, so
/// use only one kind in a page. Each adopts the events that the other left in web storage,
/// but only the npm package replays its own early calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tracker(Option<Handle>);

/// The methods that end tracking.
pub(crate) const OPT_OUT: &str = "optOut";
pub(crate) const SHUTDOWN: &str = "shutdown";

/// The result of a call.
type CallResult = Result<(), TrackerError>;

impl Tracker {
    /// Starts to build a tracker for the source that has these keys.
    pub fn builder(api_key: impl Into<String>, auth_key: impl Into<String>) -> TrackerBuilder {
        TrackerBuilder::new(api_key.into(), auth_key.into())
    }

    /// A tracker that does nothing: every call succeeds and has no effect. Use it in tests, and
    /// where an app goes on without a tracker:
    ///
    /// ```
    /// use natero_wasm::Tracker;
    ///
    /// let built = Tracker::builder("", "AUTH-KEY").build();
    /// let tracker = built.unwrap_or_else(|error| {
    ///     eprintln!("{error}");
    ///     Tracker::inert()
    /// });
    /// assert_eq!(tracker.send_feature("export"), Ok(()));
    /// assert!(!tracker.is_ready());
    /// ```
    pub const fn inert() -> Tracker {
        Tracker(None)
    }

    pub(crate) fn of(handle: Handle) -> Tracker {
        Tracker(Some(handle))
    }

    /// Whether it tracks. It does not on a server, after a failure, or after `shutdown`.
    pub fn is_ready(&self) -> bool {
        self.instance()
            .is_some_and(|(instance, handle)| !instance.host.is_off() && instance.has(handle))
    }

    /// Sets the account of all later events. `None` means that it is not known, and
    /// events wait. Of a `String`, pass `id.as_str()`.
    ///
    /// # Errors
    /// A call that fails changes nothing. This method and those below fail when an id is
    /// empty or longer than 256 characters once trimmed, and when the tracker was shut
    /// down or has failed. They also fail when the call comes from within `before_send`,
    /// from within a line that `debug` prints, or from within more than a few nested
    /// calls. In the latter two cases only [`opt_out`](Tracker::opt_out) and
    /// [`shutdown`](Tracker::shutdown) still work.
    ///
    /// Ids are trimmed as in JavaScript, which removes U+FEFF and keeps U+0085.
    pub fn set_account_id<'a>(&self, id: impl Into<Option<&'a str>>) -> CallResult {
        self.set(StickyId::Account, id.into())
    }

    /// Sets the user of all later events. `None` means that it is not known, and events
    /// wait.
    ///
    /// # Errors
    /// As [`set_account_id`](Tracker::set_account_id).
    pub fn set_user_id<'a>(&self, id: impl Into<Option<&'a str>>) -> CallResult {
        self.set(StickyId::User, id.into())
    }

    /// Sets the product of all later feature and module events. `None` removes it.
    ///
    /// # Errors
    /// As [`set_account_id`](Tracker::set_account_id).
    pub fn set_product_id<'a>(&self, id: impl Into<Option<&'a str>>) -> CallResult {
        self.set(StickyId::Product, id.into())
    }

    /// Enters a module, and ends the previous one with a `moduleEnd` event. `None` leaves
    /// the module.
    ///
    /// # Errors
    /// As [`set_account_id`](Tracker::set_account_id).
    pub fn set_module_id<'a>(&self, id: impl Into<Option<&'a str>>) -> CallResult {
        self.set(StickyId::Module, id.into())
    }

    /// Sets the account, and records details about it: a name, a plan, a parent.
    /// `details` has to serialise as an object; pass `&()` for none.
    ///
    /// # Errors
    /// As [`set_account_id`](Tracker::set_account_id), and when `details` do not
    /// serialise as an object, are more than 16 KiB as JSON, or have more than 64 levels.
    pub fn identify_account(&self, id: &str, details: &impl Serialize) -> CallResult {
        self.identify(Subject::Account, id, Details::of(details))
    }

    /// Sets the user, and records details about them. `details` has to serialise as an
    /// object; pass `&()` for none.
    ///
    /// ```no_run
    /// # let tracker = natero_wasm::Tracker::builder("a", "b").build()?;
    /// #[derive(serde::Serialize)]
    /// struct Person<'a> {
    ///     name: &'a str,
    ///     email: &'a str,
    /// }
    ///
    /// tracker.identify_user("ann", &Person { name: "Ann", email: "ann@acme.example" })?;
    /// # Ok::<(), natero_wasm::TrackerError>(())
    /// ```
    ///
    /// # Errors
    /// As [`identify_account`](Tracker::identify_account).
    pub fn identify_user(&self, id: &str, details: &impl Serialize) -> CallResult {
        self.identify(Subject::User, id, Details::of(details))
    }

    /// Records uses of a feature. A name alone is one use of it.
    ///
    /// # Errors
    /// As [`identify_account`](Tracker::identify_account), and if `total` is not finite.
    pub fn send_feature(&self, feature: impl Into<Feature>) -> CallResult {
        self.send(feature.into())
    }

    /// Records time spent in a module, in ms, as measured by the caller.
    ///
    /// # Errors
    /// As [`set_account_id`](Tracker::set_account_id), and if the time is negative, not
    /// finite, or 10^15 ms and more.
    pub fn send_module(&self, module: &str, time_spent: f64) -> CallResult {
        self.send_time(module, time_spent, OwnedOverride::Sticky)
    }

    /// As [`send_module`](Tracker::send_module), but for this product in place of the
    /// current one; `None` for no product.
    ///
    /// # Errors
    /// As [`send_module`](Tracker::send_module).
    pub fn send_module_of<'a>(
        &self,
        module: &str,
        time_spent: f64,
        product: impl Into<Option<&'a str>>,
    ) -> CallResult {
        self.send_time(module, time_spent, OwnedOverride::of(product.into()))
    }

    /// Ends the current page view and starts another. Without an address or title it
    /// takes the page's. Both are trimmed as ids are.
    ///
    /// # Errors
    /// As [`set_account_id`](Tracker::set_account_id), except for the id.
    pub fn track_page_view(&self, url: Option<&str>, title: Option<&str>) -> CallResult {
        self.call("trackPageView", |instance| {
            instance.page_view(url.map(str::to_owned), title.map(str::to_owned));
            Ok(())
        })
    }

    /// Sends waiting events. This starts at once; the returned [`Flush`] resolves to the
    /// result once the events made before the call were tried. An inert tracker has none.
    ///
    /// ```no_run
    /// # async fn leave(tracker: natero_wasm::Tracker) -> Result<(), natero_wasm::TrackerError> {
    /// let flushed = tracker.flush().await?;
    /// assert_eq!(flushed.pending, 0);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// The future resolves to an error where [`track_page_view`](Tracker::track_page_view)
    /// returns one, and when the tracker fails meanwhile. A server that cannot be reached is
    /// no error: the events are `pending`.
    pub fn flush(&self) -> Flush {
        let mut begun = None;
        let called = self.call("flush", |instance| {
            begun = Some(instance.flush());
            Ok(())
        });
        begun.unwrap_or_else(|| Flush::ended(called.map(|()| Flushed::default())))
    }

    /// Records that the visitor agreed, and sends the events that were held.
    ///
    /// # Errors
    /// As [`track_page_view`](Tracker::track_page_view).
    pub fn opt_in(&self) -> CallResult {
        self.plain("optIn", Call::OptIn)
    }

    /// Records that the visitor refused, drops waiting and later events, and deletes
    /// cookies and stored events.
    ///
    /// # Errors
    /// If the tracker was shut down or has failed, or if the call comes from within
    /// `before_send`.
    pub fn opt_out(&self) -> CallResult {
        self.plain(OPT_OUT, Call::OptOut)
    }

    /// For logout: ends timings, sends waiting events, then forgets identity, module,
    /// product, session and visitor.
    ///
    /// # Errors
    /// As [`track_page_view`](Tracker::track_page_view).
    pub fn reset(&self) -> CallResult {
        self.plain("reset", Call::Reset)
    }

    /// Ends all timings, sends waiting events, and removes every listener and timer,
    /// unless another handle is in use. Later calls on this handle are refused.
    ///
    /// # Errors
    /// If the tracker was shut down or has failed, or if the call comes from within
    /// `before_send`.
    pub fn shutdown(&self) -> CallResult {
        let handle = self.0;
        self.call(SHUTDOWN, |instance| {
            if let Some(handle) = handle {
                instance.close(handle);
            }
            Ok(())
        })
    }

    /// Returns the counters since the tracker was built. An inert tracker, and one that has
    /// failed, has counted nothing.
    pub fn stats(&self) -> Stats {
        let stats = self.instance().and_then(|(instance, _)| {
            let mut stats = instance.host.ask(|engine| engine.stats().clone())?;
            stats.pending += instance.host.waiting_calls();
            Some(stats)
        });
        stats.unwrap_or_default()
    }

    /// Returns how many calls of this tracker were refused, on any of its handles: the
    /// `stats().dropped.invalid` of the npm package.
    pub fn refused_calls(&self) -> u32 {
        let refused = self.instance().map(|(instance, _)| instance.refused.get());
        refused.unwrap_or_default()
    }

    fn send(&self, feature: Feature) -> CallResult {
        const METHOD: &str = "sendFeatureEvent";
        self.call(METHOD, |instance| {
            instance.feature(FeatureUse {
                feature: id(METHOD, "feature", &feature.feature)?,
                total: total_text(METHOD, feature.total)?,
                module: id_override(METHOD, "module", feature.module)?,
                product: id_override(METHOD, "product", feature.product)?,
                details: feature.details.json(METHOD)?,
            });
            Ok(())
        })
    }

    fn send_time(&self, module: &str, time_spent: f64, product: OwnedOverride) -> CallResult {
        const METHOD: &str = "sendModuleEvent";
        self.call(METHOD, |instance| {
            if !rules::is_span(time_spent) {
                return Err(TrackerError::InvalidArgument {
                    method: METHOD,
                    argument: "timeSpent",
                    expected: expected::SPAN.to_owned(),
                    got: rules::describe_number(time_spent).to_owned(),
                });
            }
            let module = id(METHOD, "module", module)?;
            let product = id_override(METHOD, "product", product)?;
            instance.module_event(module, Millis(time_spent), product);
            Ok(())
        })
    }

    fn identify(&self, subject: Subject, given: &str, details: Details) -> CallResult {
        let (method, argument) = subject.names();
        self.call(method, |instance| {
            let id = id(method, argument, given)?;
            instance.identify(subject, id, details.json(method)?);
            Ok(())
        })
    }

    fn set(&self, which: StickyId, given: Option<&str>) -> CallResult {
        let (method, argument) = which.names();
        self.call(method, |instance| {
            let id = given.map(|given| id(method, argument, given)).transpose()?;
            instance.set(which, id);
            Ok(())
        })
    }

    pub(crate) fn plain(&self, method: &'static str, call: Call<'static>) -> CallResult {
        self.call(method, |instance| {
            instance.call(call);
            Ok(())
        })
    }

    pub(crate) fn call(
        &self,
        method: &'static str,
        make: impl FnOnce(&Instance) -> CallResult,
    ) -> CallResult {
        let Some((instance, handle)) = self.instance() else {
            return Ok(());
        };
        instance.admits(Some(handle), method)?;
        let called = make(instance);
        if let Err(error) = &called {
            instance.refuse(error);
        }
        called
    }

    pub(crate) fn instance(&self) -> Option<(&'static Instance, Handle)> {
        let handle = self.0?;
        instance::find(handle).map(|instance| (instance, handle))
    }
}
