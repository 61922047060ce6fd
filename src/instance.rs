//! A running tracker, and the page's calls to it.

mod registry;

use std::cell::{Cell, RefCell};

use natero_engine::{Call, Input, Millis, Override, View};
use natero_event::{Id, Json, Number, json::push_ascii};
use wasm_bindgen::JsValue;

#[cfg(feature = "class")]
pub(crate) use self::registry::running;
pub(crate) use self::registry::{Handle, find, open};

use crate::{
    browser::{self, BrowserHost, HookTexts},
    error::{ErrorCode, Problem, TrackerError},
    flush::Flush,
    host::InputFn,
    settings::Settings,
    text::{clean, to_id},
    tracker::{self, ModuleStack, OwnedOverride},
};

/// A running tracker.
pub(crate) struct Instance {
    pub host: BrowserHost,
    /// Calls that were refused for their arguments.
    pub refused: Cell<u32>,
    url: String,
    /// The modules that guards have entered.
    modules: RefCell<ModuleStack>,
    /// The texts of `before_send` and `on_error`, if there are any.
    hooks: HookTexts,
    /// A difference to the settings of a later construction has been reported.
    is_warned_of_difference: Cell<bool>,
    /// Which handles are still in use.
    handles: RefCell<Vec<bool>>,
}

/// A checked use of a feature.
pub(crate) struct FeatureUse {
    pub feature: String,
    /// A JSON number.
    pub total: String,
    pub module: OwnedOverride,
    pub product: OwnedOverride,
    /// A JSON object.
    pub details: Option<String>,
}

/// An id that stays set until it is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StickyId {
    Account,
    User,
    Module,
    Product,
}

impl StickyId {
    /// The method that sets it, and its argument.
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            StickyId::Account => ("setAccountId", "accountId"),
            StickyId::User => ("setUserId", "userId"),
            StickyId::Module => ("setModuleId", "moduleId"),
            StickyId::Product => ("setProductId", "productId"),
        }
    }

    fn call(self, id: Option<Id<'_>>) -> Call<'_> {
        match self {
            StickyId::Account => Call::SetAccount(id),
            StickyId::User => Call::SetUser(id),
            StickyId::Module => Call::SetModule(id),
            StickyId::Product => Call::SetProduct(id),
        }
    }
}

/// Which of the two ids a call identifies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    Account,
    User,
}

impl Subject {
    /// The method that identifies it, and its first argument.
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            Subject::Account => ("identifyAccount", "accountId"),
            Subject::User => ("identifyUser", "userId"),
        }
    }
}

impl Instance {
    fn is_in_use(&self) -> bool {
        !self.host.is_off() && self.handles.borrow().iter().any(|is_used| *is_used)
    }

    /// Takes over the ids of a later construction, and nothing else. Warns once if its
    /// other settings differ.
    fn join(&self, settings: &Settings, explicit: &[String], hooks: &HookTexts) {
        let platform = &self.host.platform;
        let mut differing = settings.differing_from(platform.settings, explicit);
        // Functions with the same text count as equal, because components create them
        // anew.
        for (at, name) in ["beforeSend", "onError"].iter().enumerate() {
            if hooks[at].is_some() && hooks[at] != self.hooks[at] {
                differing.push(name);
            }
        }
        if !differing.is_empty() && !self.is_warned_of_difference.replace(true) {
            let mut warning =
                "the tracker of this source has other settings already, which stand:".to_owned();
            for name in differing {
                push_ascii(&mut warning, b' ');
                warning.push_str(name);
            }
            push_ascii(&mut warning, b'.');
            platform.problems.warn(&warning);
        }
        // The user comes first, because the account of a user who stays is not expected
        // to change.
        for &(which, id) in &[
            (StickyId::User, &settings.user_id),
            (StickyId::Account, &settings.account_id),
        ] {
            let Some(id) = id.as_deref().and_then(to_id) else {
                continue;
            };
            let (method, _) = which.names();
            // The construction may happen within `beforeSend`, or while a line is
            // printed. Setting an id there could record events, or print lines, without
            // end.
            if self.admits(None, method).is_ok() {
                self.set(which, Some(id));
            }
        }
    }

    /// Whether a handle has not been given back.
    pub fn has(&self, handle: Handle) -> bool {
        self.handles.borrow()[handle.handle as usize]
    }

    /// Checks whether code of the page may make this call now, by this handle or while
    /// making one. A refusal is counted and reported.
    ///
    /// # Errors
    /// The reason for the refusal.
    pub fn admits(&self, handle: Option<Handle>, method: &'static str) -> Result<(), TrackerError> {
        // The failure has been reported.
        if self.host.is_off() {
            return Err(TrackerError::Failed);
        }
        // Calls that end tracking are accepted wherever possible, because the caller may
        // not get another chance.
        let ends = matches!(method, tracker::OPT_OUT | tracker::SHUTDOWN);
        // Reporting this would print again.
        if browser::is_logging() && !ends {
            return Err(TrackerError::InDebugLine { method });
        }
        let error = if handle.is_some_and(|handle| !self.has(handle)) {
            TrackerError::ShutDown { method }
        } else if self.host.platform.is_filtering.get() {
            TrackerError::InBeforeSend { method }
        } else if browser::is_too_deep() && !ends {
            TrackerError::TooDeep { method }
        } else {
            return Ok(());
        };
        self.refuse(&error);
        Err(error)
    }

    /// Sets or clears an id.
    pub fn set(&self, which: StickyId, id: Option<String>) {
        if which == StickyId::Module {
            self.modules.borrow_mut().clear();
        }
        self.send_id(which, id);
    }

    /// Enters a module. Returns the number to leave it with.
    pub fn enter(&self, module: String) -> u32 {
        let entry = self.modules.borrow_mut().enter(&module);
        self.send_id(StickyId::Module, Some(module));
        entry
    }

    /// Leaves a module that was entered.
    pub fn leave(&self, entry: u32) {
        let changed = self.modules.borrow_mut().leave(entry);
        if let Some(module) = changed {
            self.send_id(StickyId::Module, module);
        }
    }

    fn send_id(&self, which: StickyId, id: Option<String>) {
        self.send_input(Box::new(move |engine, now| {
            let id = id.as_deref().and_then(Id::from_checked);
            engine.handle(now, Input::Call(which.call(id)));
        }));
    }

    /// Sets an id, and reports details: a JSON object.
    pub fn identify(&self, subject: Subject, id: String, details: Option<String>) {
        self.send_input(Box::new(move |engine, now| {
            let details = details.as_deref().map(Json);
            if let Some(id) = Id::from_checked(&id) {
                let call = match subject {
                    Subject::Account => Call::IdentifyAccount {
                        account: id,
                        details,
                    },
                    Subject::User => Call::IdentifyUser { user: id, details },
                };
                engine.handle(now, Input::Call(call));
            }
        }));
    }

    /// Reports a use of a feature.
    pub fn feature(&self, used: FeatureUse) {
        self.send_input(Box::new(move |engine, now| {
            if let Some(feature) = Id::from_checked(&used.feature) {
                let call = Call::Feature {
                    feature,
                    total: Number(&used.total),
                    module: override_of(&used.module),
                    product: override_of(&used.product),
                    details: used.details.as_deref().map(Json),
                };
                engine.handle(now, Input::Call(call));
            }
        }));
    }

    /// Reports time in a module.
    pub fn module_event(&self, module: String, time_spent: Millis, product: OwnedOverride) {
        self.send_input(Box::new(move |engine, now| {
            if let Some(module) = Id::from_checked(&module) {
                let call = Call::ModuleEvent {
                    module,
                    time_spent,
                    product: override_of(&product),
                };
                engine.handle(now, Input::Call(call));
            }
        }));
    }

    /// Begins another page view. Without an address or title, it takes the page's.
    pub fn page_view(&self, url: Option<String>, title: Option<String>) {
        use browser::{address, page};

        let url = match url {
            Some(url) => address::passed_address(&url),
            None => self.host.platform.address(),
        };
        let title = match title {
            Some(title) => clean(address::truncate(&title)),
            None => page::title(),
        };
        self.host.platform.settle_navigation();
        self.send_input(Box::new(move |engine, now| {
            let view = View {
                url: &url,
                title: &title,
            };
            engine.handle(now, Input::Call(Call::PageView(view)));
        }));
    }

    /// Sends waiting events.
    pub fn flush(&self) -> Flush {
        let (id, flush) = self.host.platform.flushes.begin();
        self.call(Call::Flush(id));
        flush
    }

    /// Executes a call that borrows nothing.
    pub fn call(&self, call: Call<'static>) {
        if matches!(call, Call::Reset | Call::Shutdown) {
            self.modules.borrow_mut().clear();
            self.host.platform.settle_navigation();
        }
        if matches!(call, Call::OptOut) {
            // Also where this tracker stores nothing, but one before it did.
            self.host.platform.remove_stored();
        }
        self.send_input(Box::new(move |engine, now| {
            engine.handle(now, Input::Call(call));
        }));
    }

    fn send_input(&self, input: InputFn) {
        browser::attempt(|| self.host.call(input));
    }

    /// Gives back a handle. The tracker ends with the last one.
    pub fn close(&self, handle: Handle) {
        self.handles.borrow_mut()[handle.handle as usize] = false;
        if !self.is_in_use() {
            self.call(Call::Shutdown);
        }
    }

    /// Counts and reports a refused call.
    pub fn refuse(&self, error: &TrackerError) {
        self.refused.set(self.refused.get() + 1);
        self.host.platform.problems.report(Problem {
            code: error.code(),
            message: error.message(),
            dropped: 0,
        });
    }

    /// Turns the tracker off after a failure, and reports that once.
    fn fail(&self, error: &JsValue) {
        if !self.host.turn_off() {
            return;
        }
        let platform = &self.host.platform;
        platform.problems.report(failure(error));
        platform.flushes.fail();
        platform.detach();
    }
}

/// The problem to report after a failure.
pub(crate) fn failure(error: &JsValue) -> Problem {
    Problem {
        code: ErrorCode::Failed.code(),
        message: ["The tracker failed and is off: ", &described(error), "."].concat(),
        dropped: 0,
    }
}

fn override_of(own: &OwnedOverride) -> Override<'_> {
    match own {
        OwnedOverride::Sticky => Override::Sticky,
        OwnedOverride::Cleared => Override::Cleared,
        OwnedOverride::Is(id) => Id::from_checked(id).map_or(Override::Cleared, Override::Is),
    }
}

/// A thrown value, as a text.
fn described(error: &JsValue) -> String {
    let message = browser::page::member(error, "message").as_string();
    message
        .or_else(|| error.as_string())
        .unwrap_or_else(|| "something was thrown".to_owned())
}
