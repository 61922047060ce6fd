//! The calls of the facade.

use crate::{convert, driver::Driver, host::Host};
use natero_engine::{Call, Config, Input, Now};
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::prelude::wasm_bindgen;

/// One tracker, as the facade holds it. `wall` and `mono` are the times of the
/// call that the page made: `Date.now()` and `performance.now()`.
#[wasm_bindgen]
pub struct Core {
    config: RefCell<Config>,
    driver: RefCell<Option<Rc<Driver>>>,
    host: RefCell<Option<Host>>,
}

impl Core {
    fn call(&self, wall: f64, mono: f64, call: Call<'_>) {
        // Taken out first: the page's code may call back in.
        let driver = self.driver.borrow().clone();
        if let Some(driver) = driver {
            driver.feed(Now { mono, wall }, Input::Call(call));
        }
    }
}

#[wasm_bindgen]
#[allow(missing_docs, reason = "each is the method of the facade of that name")]
impl Core {
    #[wasm_bindgen(constructor)]
    pub fn new(host: Host) -> Core {
        Core {
            config: RefCell::new(Config::default()),
            driver: RefCell::new(None),
            host: RefCell::new(Some(host)),
        }
    }

    /// Takes one setting; returns what is wrong with it.
    pub fn set(&self, name: &str, kind: u8, text: &str, number: f64) -> Option<String> {
        let setting = convert::setting(kind, text, number);
        self.config.borrow_mut().set(name, setting).err()
    }

    /// Begins; returns why it cannot.
    #[allow(clippy::too_many_arguments)]
    pub fn start(
        &self,
        wall: f64,
        mono: f64,
        api_kind: u8,
        api: &str,
        auth_kind: u8,
        auth: &str,
        filter: bool,
    ) -> Option<String> {
        let mut config = self.config.take();
        config.filter = filter;
        let (api, auth) = (convert::arg(api_kind, api), convert::arg(auth_kind, auth));
        if let Err(problem) = config.set_keys(api, auth) {
            return Some(problem);
        }
        let host = self.host.take()?;
        let driver = Driver::new(config, host, Now { mono, wall });
        *self.driver.borrow_mut() = Some(driver.clone());
        driver.start(Now { mono, wall });
        None
    }

    pub fn set_account(&self, wall: f64, mono: f64, kind: u8, id: &str) {
        self.call(wall, mono, Call::SetAccount(convert::arg(kind, id)));
    }

    pub fn set_user(&self, wall: f64, mono: f64, kind: u8, id: &str) {
        self.call(wall, mono, Call::SetUser(convert::arg(kind, id)));
    }

    pub fn set_product(&self, wall: f64, mono: f64, kind: u8, id: &str) {
        self.call(wall, mono, Call::SetProduct(convert::arg(kind, id)));
    }

    pub fn set_module(&self, wall: f64, mono: f64, kind: u8, id: &str) {
        self.call(wall, mono, Call::SetModule(convert::arg(kind, id)));
    }

    #[allow(clippy::too_many_arguments)]
    pub fn identify(
        &self,
        wall: f64,
        mono: f64,
        account: bool,
        kind: u8,
        id: &str,
        details_kind: u8,
        details: &str,
    ) {
        let id = convert::arg(kind, id);
        let details = convert::arg(details_kind, details);
        let call = if account {
            Call::IdentifyAccount(id, details)
        } else {
            Call::IdentifyUser(id, details)
        };
        self.call(wall, mono, call);
    }

    /// A feature event with nothing but its name: the call that pages make
    /// most often, with one string to hand over.
    pub fn feature(&self, wall: f64, mono: f64, feature: &str) {
        self.call(wall, mono, Call::feature(feature));
    }

    /// A feature event with all that can be said of it. `kinds` holds four
    /// bits for each of the texts, the first in the lowest.
    #[allow(clippy::too_many_arguments)]
    pub fn feature_with(
        &self,
        wall: f64,
        mono: f64,
        kinds: u32,
        feature: &str,
        total: &str,
        module: &str,
        product: &str,
        details: &str,
    ) {
        let arg = |place: u32, text| convert::arg((kinds >> (4 * place)) as u8 & 15, text);
        self.call(
            wall,
            mono,
            Call::Feature {
                feature: arg(0, feature),
                total: arg(1, total),
                module: arg(2, module),
                product: arg(3, product),
                details: arg(4, details),
            },
        );
    }

    #[allow(clippy::too_many_arguments)]
    pub fn module_event(
        &self,
        wall: f64,
        mono: f64,
        kind: u8,
        module: &str,
        time_spent: f64,
        product_kind: u8,
        product: &str,
    ) {
        self.call(
            wall,
            mono,
            Call::ModuleEvent {
                module: convert::arg(kind, module),
                time_spent,
                product: convert::arg(product_kind, product),
            },
        );
    }

    pub fn page_view(
        &self,
        wall: f64,
        mono: f64,
        url_kind: u8,
        url: &str,
        title_kind: u8,
        title: &str,
    ) {
        let (url, title) = (convert::arg(url_kind, url), convert::arg(title_kind, title));
        self.call(wall, mono, Call::PageView { url, title });
    }

    pub fn flush(&self, wall: f64, mono: f64, id: u32) {
        self.call(wall, mono, Call::Flush(id));
    }

    pub fn opt_in(&self, wall: f64, mono: f64) {
        self.call(wall, mono, Call::OptIn);
    }

    pub fn opt_out(&self, wall: f64, mono: f64) {
        self.call(wall, mono, Call::OptOut);
    }

    pub fn reset(&self, wall: f64, mono: f64) {
        self.call(wall, mono, Call::Reset);
    }

    pub fn shutdown(&self, wall: f64, mono: f64) {
        self.call(wall, mono, Call::Shutdown);
    }

    /// The server's answer to a request, or `status` 0 where none came.
    /// `retry_after` is in ms; not above 0 where the server named none.
    pub fn answered(&self, id: u32, status: u16, retry_after: f64, rejected: u32, message: &str) {
        let driver = self.driver.borrow().clone();
        if let Some(driver) = driver {
            let input = match status {
                0 => Input::Failed(id),
                _ => Input::Response {
                    id,
                    status,
                    retry_after: (retry_after > 0.0).then_some(retry_after),
                    rejected,
                    message,
                },
            };
            driver.feed_now(input);
        }
    }

    /// Account, user, module, product, session, visitor, by this number.
    pub fn current(&self, which: usize) -> Option<String> {
        let driver = self.driver.borrow();
        driver.as_ref()?.current(which)
    }

    pub fn stats(&self) -> Option<String> {
        let driver = self.driver.borrow();
        Some(driver.as_ref()?.stats())
    }
}
