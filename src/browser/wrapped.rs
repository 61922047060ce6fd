//! Wraps a method of the page, to notice its calls.

use std::{cell::Cell, rc::Rc};

use js_sys::{Function, Object, Reflect};
use wasm_bindgen::prelude::*;

use super::{
    guard,
    page::{member, object, put},
};

/// A method of the page that is wrapped as long as this lives.
pub(crate) struct WrappedMethod {
    holder: Object,
    name: &'static str,
    /// The property as it was.
    original_property: Object,
    ours: JsValue,
    is_unwrapped: Rc<Cell<bool>>,
}

#[wasm_bindgen]
extern "C" {
    type Proxy;

    #[wasm_bindgen(constructor, catch)]
    fn new(target: &Function, handler: &Object) -> Result<Proxy, JsValue>;
}

impl WrappedMethod {
    /// Calls `on_call` after each call of a method that is an own property of `holder`. A
    /// frozen object is left alone.
    pub fn new(
        holder: &JsValue,
        name: &'static str,
        on_call: Box<dyn Fn()>,
    ) -> Option<WrappedMethod> {
        let holder = holder.dyn_ref::<Object>()?.clone();
        let original_property = own_property(&holder, name)?;
        let original = member(&holder, name).dyn_into::<Function>().ok()?;
        let is_unwrapped = Rc::new(Cell::new(false));
        let unwrapped = Rc::clone(&is_unwrapped);
        // The arguments and an exception of the method pass through.
        let apply = move |target: JsValue, this: JsValue, arguments: JsValue| {
            let result = Reflect::apply(
                target.unchecked_ref::<Function>(),
                &this,
                arguments.unchecked_ref(),
            )?;
            if !unwrapped.get() {
                guard::attempt(&on_call);
            }
            Ok(result)
        };
        let ours = proxy_function(&original, Box::new(apply))?;
        let now = object();
        for &(part, value) in &[
            ("value", &ours),
            ("writable", &JsValue::TRUE),
            ("configurable", &member(&original_property, "configurable")),
            ("enumerable", &member(&original_property, "enumerable")),
        ] {
            put(&now, part, value);
        }
        // `define_property` returns whether it succeeded; it does not throw for a frozen
        // object.
        let is_set = Reflect::define_property(&holder, &name.into(), &now).unwrap_or(false);
        is_set.then_some(WrappedMethod {
            holder,
            name,
            original_property,
            ours,
            is_unwrapped,
        })
    }
}

/// Is called with the original function, the `this` value, and the arguments.
type Apply = dyn Fn(JsValue, JsValue, JsValue) -> Result<JsValue, JsValue>;

/// A function that replaces another. It lives as long as the page, which may keep it.
/// `None` if the page has no proxies.
pub(crate) fn proxy_function(original: &Function, apply: Box<Apply>) -> Option<JsValue> {
    let apply: Closure<Apply> = Closure::own_assert_unwind_safe(apply);
    let handler = object();
    put(&handler, "apply", &apply.into_js_value());
    Some(Proxy::new(original, &handler).ok()?.into())
}

impl Drop for WrappedMethod {
    fn drop(&mut self) {
        self.is_unwrapped.set(true);
        // If other code has wrapped ours meanwhile, its wrapper stays.
        let now = own_property(&self.holder, self.name);
        if now.is_some_and(|now| member(&now, "value") == self.ours) {
            let _ =
                Reflect::define_property(&self.holder, &self.name.into(), &self.original_property);
        }
    }
}

/// The descriptor of an object's own property.
fn own_property(object: &Object, name: &str) -> Option<Object> {
    Reflect::get_own_property_descriptor(object, &name.into())
        .ok()?
        .dyn_into()
        .ok()
}
