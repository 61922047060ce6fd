//! Methods of a handle that work however they are called: pages pass them on as
//! listeners, and take them out of the handle.

use std::cell::Cell;

use js_sys::{Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};

use super::Natero;
use crate::browser::{
    self,
    page::{call, global, item, length, member, object, put},
    proxy_function,
};

/// The property in which the glue stores where in the wasm's memory a handle's value is.
const PLACE: &str = "__wbg_ptr";

/// Makes every handle bind its methods to itself.
///
/// The glue that makes a handle offers no hook for that. But it assigns this property,
/// which the handle does not have yet, so a setter on the class is called. If there can
/// be no setter, methods work only when they are called on their handle.
pub(super) fn bind_methods() {
    thread_local! {
        static IS_DONE: Cell<bool> = const { Cell::new(false) };
    }
    if IS_DONE.replace(true) {
        return;
    }
    let class = member(
        &member(&Natero::inert(0).into(), "constructor"),
        "prototype",
    );
    let end = member(&class, "shutdown");
    let arguments = [class.clone()];
    let Ok(names) = call(&global("Object"), "getOwnPropertyNames", &arguments) else {
        return;
    };
    // The glue's own `free` leaves a handle that throws at every call. The memory becomes
    // free once the page drops the handle.
    put(&class, "free", &end);
    let dispose = member(&global("Symbol"), "dispose");
    if !dispose.is_undefined() {
        let _ = Reflect::set(&class, &dispose, &end);
    }
    let bind = move |_, handle: JsValue, arguments: JsValue| {
        put_place(&handle, &arguments);
        browser::attempt(|| bind_methods_of(&handle, &names));
        Ok(JsValue::UNDEFINED)
    };
    let setter = object();
    if let Some(bind) = proxy_function(end.unchecked_ref(), Box::new(bind)) {
        put(&setter, "set", &bind);
        let _ = Reflect::define_property(class.unchecked_ref::<Object>(), &PLACE.into(), &setter);
    }
}

fn put_place(handle: &JsValue, arguments: &JsValue) {
    let place = object();
    put(&place, "value", &item(arguments, 0));
    put(&place, "writable", &JsValue::TRUE);
    let _ = Reflect::define_property(handle.unchecked_ref::<Object>(), &PLACE.into(), &place);
}

fn bind_methods_of(handle: &JsValue, names: &JsValue) {
    for at in 0..length(names) {
        let name = item(names, at);
        if name == "constructor" {
            continue;
        }
        // If the page's subclass overrides a method, the override is bound.
        let bound = Reflect::get(handle, &name)
            .ok()
            .filter(JsValue::is_function)
            .and_then(|method| call(&method, "bind", std::slice::from_ref(handle)).ok());
        if let Some(bound) = bound {
            let _ = Reflect::set(handle, &name, &bound);
        }
    }
}
