//! Methods that the page calls. The host has checked their arguments.

use natero_engine::{Call, FlushId, Input, Millis, Override, View};
use natero_event::{Id, Json, Number};
use wasm_bindgen::prelude::*;

use super::{
    core::Core,
    text::{OptionalText, Text},
};

#[wasm_bindgen]
impl Core {
    /// `setAccountId`; without an id, `null` was passed.
    #[wasm_bindgen(js_name = setAccountId)]
    pub fn set_account(&mut self, mono: f64, wall: f64, id: &OptionalText) {
        let id = id.read();
        self.call(mono, wall, Call::SetAccount(optional_id(&id)));
    }

    /// `setUserId`; without an id, `null` was passed.
    #[wasm_bindgen(js_name = setUserId)]
    pub fn set_user(&mut self, mono: f64, wall: f64, id: &OptionalText) {
        let id = id.read();
        self.call(mono, wall, Call::SetUser(optional_id(&id)));
    }

    /// `setProductId`; without an id, `null` was passed.
    #[wasm_bindgen(js_name = setProductId)]
    pub fn set_product(&mut self, mono: f64, wall: f64, id: &OptionalText) {
        let id = id.read();
        self.call(mono, wall, Call::SetProduct(optional_id(&id)));
    }

    /// `setModuleId`; without an id, `null` was passed.
    #[wasm_bindgen(js_name = setModuleId)]
    pub fn set_module(&mut self, mono: f64, wall: f64, id: &OptionalText) {
        let id = id.read();
        self.call(mono, wall, Call::SetModule(optional_id(&id)));
    }

    /// `identifyAccount`; `details` is a JSON object.
    #[wasm_bindgen(js_name = identifyAccount)]
    pub fn identify_account(&mut self, mono: f64, wall: f64, id: &Text, details: &OptionalText) {
        let id = id.read();
        let details = details.read();
        if let Some(account) = Id::from_checked(&id) {
            let details = details.as_deref().map(Json);
            self.call(mono, wall, Call::IdentifyAccount { account, details });
        }
    }

    /// `identifyUser`; `details` is a JSON object.
    #[wasm_bindgen(js_name = identifyUser)]
    pub fn identify_user(&mut self, mono: f64, wall: f64, id: &Text, details: &OptionalText) {
        let id = id.read();
        let details = details.read();
        if let Some(user) = Id::from_checked(&id) {
            let details = details.as_deref().map(Json);
            self.call(mono, wall, Call::IdentifyUser { user, details });
        }
    }

    /// `sendFeatureEvent`; `total` is a JSON number and 1 where it is absent,
    /// `details` a JSON object. Without a `module` or `product` the one that is
    /// set stands, and an empty one is none.
    #[expect(clippy::too_many_arguments, reason = "one crossing for all")]
    #[wasm_bindgen(js_name = sendFeatureEvent)]
    pub fn feature(
        &mut self,
        mono: f64,
        wall: f64,
        feature: &Text,
        total: &OptionalText,
        module: &OptionalText,
        product: &OptionalText,
        details: &OptionalText,
    ) {
        let feature = feature.read();
        let total = total.read();
        let module = module.read();
        let product = product.read();
        let details = details.read();
        if let Some(feature) = Id::from_checked(&feature) {
            let call = Call::Feature {
                feature,
                total: total.as_deref().map_or(Number::ONE, Number),
                module: id_override(&module),
                product: id_override(&product),
                details: details.as_deref().map(Json),
            };
            self.call(mono, wall, call);
        }
    }

    /// `sendModuleEvent`, with a time in ms; `product` as in `feature`.
    #[wasm_bindgen(js_name = sendModuleEvent)]
    pub fn module_event(
        &mut self,
        mono: f64,
        wall: f64,
        module: &Text,
        #[wasm_bindgen(js_name = timeSpent)] time_spent: f64,
        product: &OptionalText,
    ) {
        let module = module.read();
        let product = product.read();
        if let Some(module) = Id::from_checked(&module) {
            let call = Call::ModuleEvent {
                module,
                time_spent: Millis(time_spent),
                product: id_override(&product),
            };
            self.call(mono, wall, call);
        }
    }

    /// `trackPageView`
    #[wasm_bindgen(js_name = trackPageView)]
    pub fn page_view(&mut self, mono: f64, wall: f64, url: &Text, title: &Text) {
        let url = url.read();
        let title = title.read();
        self.call(
            mono,
            wall,
            Call::PageView(View {
                url: &url,
                title: &title,
            }),
        );
    }

    /// `flush`; `resolveFlush` names it by this number.
    pub fn flush(&mut self, mono: f64, wall: f64, flush: u32) {
        self.call(mono, wall, Call::Flush(FlushId(flush)));
    }

    /// `optIn`
    #[wasm_bindgen(js_name = optIn)]
    pub fn opt_in(&mut self, mono: f64, wall: f64) {
        self.call(mono, wall, Call::OptIn);
    }

    /// `optOut`
    #[wasm_bindgen(js_name = optOut)]
    pub fn opt_out(&mut self, mono: f64, wall: f64) {
        self.call(mono, wall, Call::OptOut);
    }

    /// `reset`
    pub fn reset(&mut self, mono: f64, wall: f64) {
        self.call(mono, wall, Call::Reset);
    }

    /// `shutdown`: the last call.
    pub fn shutdown(&mut self, mono: f64, wall: f64) {
        self.call(mono, wall, Call::Shutdown);
    }
}

impl Core {
    fn call(&mut self, mono: f64, wall: f64, call: Call<'_>) {
        self.handle(mono, wall, Input::Call(call));
    }
}

/// The id, if one was passed.
fn optional_id(id: &Option<String>) -> Option<Id<'_>> {
    id.as_deref().and_then(Id::from_checked)
}

/// The id that one event uses instead of the current one.
fn id_override(id: &Option<String>) -> Override<'_> {
    match id {
        None => Override::Sticky,
        Some(id) => Id::from_checked(id).map_or(Override::Cleared, Override::Is),
    }
}
