//! The settings that the TypeScript host passes in.

use natero_engine::{Config, Consent, Millis, OwnedId, Persistence};
use natero_event::Id;
use wasm_bindgen::prelude::*;

use crate::settings::{consent_name, persistence_name};

#[wasm_bindgen(typescript_custom_section)]
const IMPORT: &str = r#"import type { CoreConfig } from "./contract.ts";
export type { CoreConfig };"#;

#[wasm_bindgen]
extern "C" {
    /// An object without a prototype, which the host made of checked settings. Reading it
    /// runs no code of the page.
    #[wasm_bindgen(typescript_type = "CoreConfig")]
    pub type CoreConfig;

    #[wasm_bindgen(method, structural, getter, js_name = accountId)]
    fn account_id(this: &CoreConfig) -> JsValue;

    #[wasm_bindgen(method, structural, getter, js_name = userId)]
    fn user_id(this: &CoreConfig) -> JsValue;

    #[wasm_bindgen(method, structural, getter, js_name = trackUnload)]
    fn track_unload(this: &CoreConfig) -> bool;

    #[wasm_bindgen(method, structural, getter, js_name = trackPageViews)]
    fn track_page_views(this: &CoreConfig) -> bool;

    #[wasm_bindgen(method, structural, getter, js_name = disableEventSend)]
    fn disable_event_send(this: &CoreConfig) -> bool;

    #[wasm_bindgen(method, structural, getter)]
    fn debug(this: &CoreConfig) -> bool;

    #[wasm_bindgen(method, structural, getter)]
    fn filter(this: &CoreConfig) -> bool;

    #[wasm_bindgen(method, structural, getter)]
    fn persistence(this: &CoreConfig) -> JsValue;

    #[wasm_bindgen(method, structural, getter)]
    fn consent(this: &CoreConfig) -> JsValue;

    #[wasm_bindgen(method, structural, getter, js_name = sessionTimeout)]
    fn session_timeout(this: &CoreConfig) -> f64;

    #[wasm_bindgen(method, structural, getter, js_name = idleTimeout)]
    fn idle_timeout(this: &CoreConfig) -> f64;

    #[wasm_bindgen(method, structural, getter, js_name = sessionSyncInterval)]
    fn session_sync_interval(this: &CoreConfig) -> f64;

    #[wasm_bindgen(method, structural, getter, js_name = flushInterval)]
    fn flush_interval(this: &CoreConfig) -> f64;

    #[wasm_bindgen(method, structural, getter, js_name = batchSize)]
    fn batch_size(this: &CoreConfig) -> f64;

    #[wasm_bindgen(method, structural, getter, js_name = maxQueueBytes)]
    fn max_queue_bytes(this: &CoreConfig) -> f64;

    #[wasm_bindgen(method, structural, getter, js_name = maxStoredBytes)]
    fn max_stored_bytes(this: &CoreConfig) -> f64;
}

impl CoreConfig {
    /// The settings that the engine needs.
    pub(super) fn read(&self) -> Config {
        let persistence = self.persistence().as_string();
        let consent = self.consent().as_string();
        let is = |text: &Option<String>, name| text.as_deref() == Some(name);
        Config {
            account_id: id(&self.account_id()),
            user_id: id(&self.user_id()),
            track_unload: self.track_unload(),
            track_page_views: self.track_page_views(),
            disable_event_send: self.disable_event_send(),
            debug: self.debug(),
            filter: self.filter(),
            persistence: if is(&persistence, persistence_name(Persistence::Memory)) {
                Persistence::Memory
            } else {
                Persistence::Storage
            },
            consent: if is(&consent, consent_name(Consent::Granted)) {
                Consent::Granted
            } else if is(&consent, consent_name(Consent::Pending)) {
                Consent::Pending
            } else {
                Consent::Denied
            },
            session_timeout: Millis(self.session_timeout()),
            idle_timeout: Millis(self.idle_timeout()),
            session_sync_interval: Millis(self.session_sync_interval()),
            flush_interval: Millis(self.flush_interval()),
            // The conversion turns a number that is too large into the largest one.
            batch_size: self.batch_size() as u32,
            max_queue_bytes: self.max_queue_bytes() as usize,
            max_stored_bytes: self.max_stored_bytes() as usize,
        }
    }
}

/// The id, if one was passed.
fn id(text: &JsValue) -> Option<OwnedId> {
    text.as_string()
        .and_then(|id| Id::from_checked(&id).map(OwnedId::from))
}
