//! Everything that listens to the page for a tracker, until that is detached.

use wasm_bindgen::JsValue;

use super::{
    activity::Activity,
    guard,
    listener::TargetListener,
    navigation::Navigation,
    page::{self, call, construct, object, put},
    tabs::Tabs,
    wrapped::WrappedMethod,
};

/// The listeners of a tracker. They listen as long as this lives.
#[derive(Default)]
pub(super) struct PageListeners {
    pub events: Vec<TargetListener>,
    pub wrapped: Vec<WrappedMethod>,
    pub activity: Option<&'static Activity>,
    pub navigation: Option<&'static Navigation>,
    /// `None` if there is no page, and therefore no tab.
    pub tabs: Option<&'static Tabs>,
    pub _erasure: Option<Erasure>,
}

/// Notices, as long as it lives, that the page has erased all listeners.
pub(super) struct Erasure {
    observer: JsValue,
    _on_erasure: guard::Function,
}

impl Erasure {
    /// Calls `on_erasure` whenever `document.open()` has erased all listeners of the page,
    /// together with its content.
    pub fn watch(on_erasure: impl Fn() + 'static) -> Option<Erasure> {
        let document = page::document()?;
        let on_erasure = guard::function(move |_| on_erasure());
        let observer = construct("MutationObserver", &[on_erasure.as_ref().clone()]).ok()?;
        let init = object();
        put(&init, "childList", &JsValue::TRUE);
        let observed = call(&observer, "observe", &[document, init.into()]);
        observed.is_ok().then_some(Erasure {
            observer,
            _on_erasure: on_erasure,
        })
    }
}

impl Drop for Erasure {
    fn drop(&mut self) {
        let _ = call(&self.observer, "disconnect", &[]);
    }
}

impl PageListeners {
    /// Adds all listeners again after somebody has removed them.
    pub fn listen_again(&self) {
        for listener in &self.events {
            listener.listen();
        }
        if let Some(activity) = self.activity {
            activity.listen();
        }
        if let Some(tabs) = self.tabs {
            tabs.listen_again();
        }
    }

    pub fn settle_navigation(&self) {
        if let Some(navigation) = self.navigation {
            navigation.settle();
        }
    }

    /// Stops the parts that are never dropped.
    pub fn stop(&self) {
        if let Some(activity) = self.activity {
            activity.stop();
        }
        if let Some(navigation) = self.navigation {
            navigation.stop();
        }
    }
}
