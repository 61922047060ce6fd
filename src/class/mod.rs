//! The class `na` for pages, on the Rust host. This makes a module of it:
//! `wasm-pack build --target web -- --features class`.
//!
//! It has the methods of the npm package. Arguments are checked here; [`Tracker`] does
//! everything else. Nothing throws: a wrong call is one line on the console.

mod arguments;
mod bound;
mod construction;
mod details;
mod hooks;
mod language;
mod plain;
mod settings;

use std::cell::Cell;

use natero_engine::{Call, Dropped, Millis, Reason, Stats};
use wasm_bindgen::prelude::*;

use self::{
    arguments::{Arguments, Fields},
    construction::{make, resolved},
    plain::{PlainValue, object, promise_result},
};
use crate::{
    browser::{self, Problems},
    error::reason_name,
    flush::{Flush, Flushed},
    instance::{self, FeatureUse, Instance, StickyId, Subject},
    tracker::{self, Ids, Tracker},
};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("types.d.ts");

/// A tracker of product usage.
#[wasm_bindgen(js_name = na)]
#[derive(Debug)]
pub struct Natero {
    tracker: Tracker,
    /// A promise, if the page has promises.
    ready: JsValue,
    /// Refused calls that no tracker counts.
    refused: Cell<u32>,
}

#[wasm_bindgen(js_class = na)]
impl Natero {
    /// Makes a tracker for the source with these keys. It begins to track at once.
    #[wasm_bindgen(constructor)]
    pub fn new(
        #[wasm_bindgen(js_name = apiKey, unchecked_param_type = "Id")] api_key: &JsValue,
        #[wasm_bindgen(js_name = authKey, unchecked_param_type = "Id")] auth_key: &JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "Settings")] settings: &JsValue,
    ) -> Natero {
        // If this traps, the result is a tracker that does nothing.
        browser::run(|| make(api_key, auth_key, settings)).unwrap_or_else(|error| {
            let _ = browser::run(|| Problems::default().report(instance::failure(&error)));
            Natero::inert(0)
        })
    }

    /// Resolves to `true` once the tracker runs, or to `false` if it is off. Never
    /// rejects.
    #[wasm_bindgen(getter, unchecked_return_type = "Promise<boolean>")]
    pub fn ready(&self) -> JsValue {
        self.ready.clone()
    }

    /// Sets the account of all later events. `null` means that it is not known, and
    /// events wait.
    #[wasm_bindgen(js_name = setAccountId)]
    pub fn set_account_id(
        &self,
        #[wasm_bindgen(js_name = accountId, unchecked_param_type = "Id | null")] id: &JsValue,
    ) {
        self.set(StickyId::Account, id);
    }

    /// Sets the user of all later events. `null` means that it is not known, and events
    /// wait.
    #[wasm_bindgen(js_name = setUserId)]
    pub fn set_user_id(
        &self,
        #[wasm_bindgen(js_name = userId, unchecked_param_type = "Id | null")] id: &JsValue,
    ) {
        self.set(StickyId::User, id);
    }

    /// Sets the account, and records details about it.
    #[wasm_bindgen(js_name = identifyAccount)]
    pub fn identify_account(
        &self,
        #[wasm_bindgen(js_name = accountId, unchecked_param_type = "Id")] id: &JsValue,
        #[wasm_bindgen(js_name = accountDetails, unchecked_optional_param_type = "Details")]
        details: &JsValue,
    ) {
        self.identify(Subject::Account, id, details);
    }

    /// Sets the user, and records details about them.
    #[wasm_bindgen(js_name = identifyUser)]
    pub fn identify_user(
        &self,
        #[wasm_bindgen(js_name = userId, unchecked_param_type = "Id")] id: &JsValue,
        #[wasm_bindgen(js_name = userDetails, unchecked_optional_param_type = "Details")]
        details: &JsValue,
    ) {
        self.identify(Subject::User, id, details);
    }

    /// Enters a module, and ends the previous one with a `moduleEnd` event. `null` leaves
    /// the module.
    #[wasm_bindgen(js_name = setModuleId)]
    pub fn set_module_id(
        &self,
        #[wasm_bindgen(js_name = moduleId, unchecked_param_type = "Id | null")] id: &JsValue,
    ) {
        self.set(StickyId::Module, id);
    }

    /// Sets the product of all later feature and module events. `null` removes it.
    #[wasm_bindgen(js_name = setProductId)]
    pub fn set_product_id(
        &self,
        #[wasm_bindgen(js_name = productId, unchecked_param_type = "Id | null")] id: &JsValue,
    ) {
        self.set(StickyId::Product, id);
    }

    /// Records `total` uses of a feature; 1 by default.
    #[wasm_bindgen(js_name = sendFeatureEvent)]
    pub fn send_feature_event(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Id")] feature: &JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "number | FeatureOptions")] total: &JsValue,
    ) {
        self.call("sendFeatureEvent", &mut |instance, arguments| {
            let feature = arguments.id("feature", feature)?;
            let is_options = total.is_object() || total.is_null();
            let options = if is_options {
                arguments.options(total)?
            } else {
                Fields::default()
            };
            let total = if is_options {
                options.get("total")
            } else {
                total.clone()
            };
            instance.feature(FeatureUse {
                feature,
                total: arguments.number("total", &total)?,
                module: arguments.id_override("module", &options.get("module"))?,
                product: arguments.id_override("product", &options.get("product"))?,
                details: arguments.details(&options.get("details"))?,
            });
            Some(())
        });
    }

    /// Records time spent in a module, in ms, as measured by the caller.
    #[wasm_bindgen(js_name = sendModuleEvent)]
    pub fn send_module_event(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Id")] module: &JsValue,
        #[wasm_bindgen(js_name = timeSpent, unchecked_param_type = "number")] time_spent: &JsValue,
        #[wasm_bindgen(js_name = moduleOptions, unchecked_optional_param_type = "ModuleOptions")]
        options: &JsValue,
    ) {
        self.call("sendModuleEvent", &mut |instance, arguments| {
            let module = arguments.id("module", module)?;
            let time_spent = arguments.span("timeSpent", time_spent)?;
            let product = arguments.options(options)?.get("product");
            let product = arguments.id_override("product", &product)?;
            instance.module_event(module, Millis(time_spent), product);
            Some(())
        });
    }

    /// Ends the current page view and starts another.
    #[wasm_bindgen(js_name = trackPageView)]
    pub fn track_page_view(
        &self,
        #[wasm_bindgen(js_name = pageOptions, unchecked_optional_param_type = "PageViewOptions")]
        options: &JsValue,
    ) {
        self.call("trackPageView", &mut |instance, arguments| {
            let options = arguments.options(options)?;
            let url = arguments.text("url", &options.get("url"))?;
            let title = arguments.text("title", &options.get("title"))?;
            instance.page_view(url, title);
            Some(())
        });
    }

    /// Sends waiting events. The promise resolves once those made before the call were
    /// tried, and never rejects.
    #[wasm_bindgen(unchecked_return_type = "Promise<FlushResult>")]
    pub fn flush(&self) -> JsValue {
        let mut begun = None;
        self.call("flush", &mut |instance, _| {
            begun = Some(instance.flush());
            Some(())
        });
        let (promise, settle) = browser::promise();
        let flush = begun.unwrap_or_else(|| Flush::ended(Ok(Flushed::default())));
        flush.then(move |flushed| {
            let flushed = flushed.unwrap_or_default();
            let result = object(&[
                ("delivered", PlainValue::count(flushed.delivered)),
                ("pending", PlainValue::count(flushed.pending)),
                ("rejected", PlainValue::count(flushed.rejected)),
            ]);
            let result = promise_result(result);
            let _ = browser::page::apply(&settle, &JsValue::UNDEFINED, &[result]);
        });
        promise
    }

    /// Records that the visitor agreed, and sends the events that were held.
    #[wasm_bindgen(js_name = optIn)]
    pub fn opt_in(&self) {
        self.plain("optIn", Call::OptIn);
    }

    /// Records that the visitor refused, drops waiting and later events, and deletes
    /// cookies and stored events.
    #[wasm_bindgen(js_name = optOut)]
    pub fn opt_out(&self) {
        self.plain(tracker::OPT_OUT, Call::OptOut);
    }

    /// For logout: ends timings, sends waiting events, then forgets identity, module,
    /// product, session and visitor.
    pub fn reset(&self) {
        self.plain("reset", Call::Reset);
    }

    /// Ends all timings, sends waiting events, and removes every listener and timer.
    /// Later calls are refused.
    pub fn shutdown(&self) {
        let _ = browser::run(|| self.tracker.shutdown());
    }

    /// Returns the counters.
    #[wasm_bindgen(unchecked_return_type = "Stats")]
    pub fn stats(&self) -> JsValue {
        let Stats {
            accepted,
            delivered,
            pending,
            requests,
            retries,
            bytes_sent,
            dropped,
        } = self.tracker.stats();
        let Dropped {
            consent,
            disabled,
            before_send,
            identity,
            overflow,
            rejected,
            too_large,
        } = dropped;
        let refused = self.tracker.refused_calls();
        let total = consent + disabled + before_send + identity + overflow + rejected + too_large;
        let dropped = [
            ("total", PlainValue::count(total)),
            ("invalid", PlainValue::count(self.refused.get() + refused)),
            (reason_name(Reason::Consent), PlainValue::count(consent)),
            (reason_name(Reason::Disabled), PlainValue::count(disabled)),
            (
                reason_name(Reason::BeforeSend),
                PlainValue::count(before_send),
            ),
            (reason_name(Reason::Identity), PlainValue::count(identity)),
            (reason_name(Reason::Overflow), PlainValue::count(overflow)),
            (reason_name(Reason::Rejected), PlainValue::count(rejected)),
            (reason_name(Reason::TooLarge), PlainValue::count(too_large)),
        ];
        object(&[
            ("accepted", PlainValue::count(accepted)),
            ("delivered", PlainValue::count(delivered)),
            ("pending", PlainValue::count(pending)),
            ("requests", PlainValue::count(requests)),
            ("retries", PlainValue::count(retries)),
            ("bytesSent", PlainValue::Number(bytes_sent)),
            ("dropped", PlainValue::Object(&dropped)),
        ])
    }

    /// Returns the account, or `null`.
    #[wasm_bindgen(js_name = getAccountId, unchecked_return_type = "string | null")]
    pub fn account_id(&self) -> JsValue {
        self.id(|ids| ids.account)
    }

    /// Returns the user, or `null`.
    #[wasm_bindgen(js_name = getUserId, unchecked_return_type = "string | null")]
    pub fn user_id(&self) -> JsValue {
        self.id(|ids| ids.user)
    }

    /// Returns the module, or `null`.
    #[wasm_bindgen(js_name = getModuleId, unchecked_return_type = "string | null")]
    pub fn module_id(&self) -> JsValue {
        self.id(|ids| ids.module)
    }

    /// Returns the product, or `null`.
    #[wasm_bindgen(js_name = getProductId, unchecked_return_type = "string | null")]
    pub fn product_id(&self) -> JsValue {
        self.id(|ids| ids.product)
    }

    /// Returns the session, which all tabs of the visitor share, or `null` where nothing
    /// is tracked.
    #[wasm_bindgen(js_name = getSessionId, unchecked_return_type = "string | null")]
    pub fn session_id(&self) -> JsValue {
        self.id(|ids| ids.session)
    }

    /// Returns the visitor, or `null` where nothing is tracked.
    #[wasm_bindgen(js_name = getVisitorId, unchecked_return_type = "string | null")]
    pub fn visitor_id(&self) -> JsValue {
        self.id(|ids| ids.visitor)
    }
}

/// Checks the arguments of a call, and executes it.
type Make<'a> = dyn FnMut(&Instance, Arguments<'_>) -> Option<()> + 'a;

impl Natero {
    /// A tracker that does nothing, with this many refused calls.
    fn inert(refused: u32) -> Natero {
        Natero {
            tracker: Tracker::inert(),
            ready: resolved(false),
            refused: Cell::new(refused),
        }
    }

    /// Executes a call. `make` checks the arguments.
    fn call(&self, method: &'static str, make: &mut Make<'_>) {
        // Refused arguments have been reported, and nothing is thrown into the page.
        browser::attempt(|| {
            let _ = self.tracker.call(method, |instance| {
                make(instance, Arguments { instance, method });
                Ok(())
            });
        });
    }

    fn id(&self, which: fn(Ids) -> Option<String>) -> JsValue {
        which(self.tracker.ids()).map_or(JsValue::NULL, JsValue::from)
    }

    fn set(&self, which: StickyId, id: &JsValue) {
        let (method, argument) = which.names();
        self.call(method, &mut |instance, arguments| {
            instance.set(which, arguments.id_or_null(argument, id)?);
            Some(())
        });
    }

    fn identify(&self, subject: Subject, id: &JsValue, details: &JsValue) {
        let (method, argument) = subject.names();
        self.call(method, &mut |instance, arguments| {
            let id = arguments.id(argument, id)?;
            instance.identify(subject, id, arguments.details(details)?);
            Some(())
        });
    }

    fn plain(&self, method: &'static str, call: Call<'static>) {
        self.call(method, &mut |instance, _| {
            instance.call(call);
            Some(())
        });
    }
}
