//! Each thing that a browser does for the engine. Where there is no page, as
//! in a worker, what needs one is left out.

mod clock;
mod cookies;
mod facts;
mod page;
mod random;

pub(crate) use clock::{clear_timer, now, set_timer};
pub(crate) use cookies::{cookies, set_cookie};
pub(crate) use facts::Facts;
pub(crate) use page::Page;
pub(crate) use random::seed;

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_name = document)]
    static DOCUMENT: Option<web_sys::HtmlDocument>;
    #[wasm_bindgen(thread_local_v2, js_name = window)]
    static WINDOW: Option<web_sys::Window>;
}

fn document() -> Option<web_sys::HtmlDocument> {
    DOCUMENT.with(Option::clone)
}

fn window() -> Option<web_sys::Window> {
    WINDOW.with(Option::clone)
}
