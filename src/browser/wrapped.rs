//! Wraps a method of the page, to notice its calls.

use std::{cell::Cell, rc::Rc};

use js_sys::{Function, Object, Reflect};
use wasm_bindgen::prelude::*;

use super::{
    guard,
    page::{construct, function, member, object, own_member, own_property, put},
};

/// A method of the page that is wrapped as long as this lives.
pub(crate) struct WrappedMethod {
    holder: Object,
    name: &'static str,
    /// The property as it was.
    original_property: JsValue,
    ours: JsValue,
    is_unwrapped: Rc<Cell<bool>>,
}

impl WrappedMethod {
    /// Calls `on_call` after each call of a method that is an own property of `holder`. A
    /// frozen object is left alone.
    pub fn new(
        holder: &JsValue,
        name: &'static str,
        on_call: Box<dyn Fn()>,
    ) -> Option<WrappedMethod> {
        let original_property = own_property(holder, name);
        if !original_property.is_object() {
            return None;
        }
        let original = function(member(holder, name))?;
        let holder: Object = holder.clone().unchecked_into();
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
    construct("Proxy", &[original.into(), handler.into()]).ok()
}

impl Drop for WrappedMethod {
    fn drop(&mut self) {
        self.is_unwrapped.set(true);
        // If other code has wrapped ours meanwhile, its wrapper stays.
        if own_member(&self.holder, self.name) == self.ours {
            let property = self.original_property.unchecked_ref();
            let _ = Reflect::define_property(&self.holder, &self.name.into(), property);
        }
    }
}
