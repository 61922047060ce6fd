//! Reads the page's properties.

use js_sys::{Array, Function, Object, Reflect};
use wasm_bindgen::prelude::*;

use super::address::{bare_address, truncate};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_name = globalThis)]
    static GLOBAL_THIS: Option<JsValue>;

    #[wasm_bindgen(thread_local_v2, js_name = self)]
    static SELF: Option<JsValue>;
}

thread_local! {
    /// `js_sys::global` also looks in two more places, which browsers with modules do not
    /// need, and does not check what it finds there.
    static GLOBAL: JsValue = usable(GLOBAL_THIS.with(Clone::clone))
        .or_else(|| usable(SELF.with(Clone::clone)))
        .unwrap_or(JsValue::UNDEFINED);
}

fn usable(global: Option<JsValue>) -> Option<JsValue> {
    global.filter(|it| member(it, "Object").is_function())
}

/// The global object: the window or, in a worker, its global scope.
pub(crate) fn global_this() -> JsValue {
    GLOBAL.with(JsValue::clone)
}

/// A global; `undefined` if it does not exist or throws.
pub(crate) fn global(name: &str) -> JsValue {
    member(&global_this(), name)
}

/// A member of an object; `undefined` if it does not exist or throws.
pub(crate) fn member(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

/// A field of an object itself, not of what it inherits from; `undefined` if there is
/// none.
pub(crate) fn own_member(object: &JsValue, name: &str) -> JsValue {
    member(&own_property(object, name), "value")
}

/// The descriptor of an object's own property; `undefined` if there is none.
pub(crate) fn own_property(object: &JsValue, name: &str) -> JsValue {
    Reflect::get_own_property_descriptor(object.unchecked_ref::<Object>(), &name.into())
        .unwrap_or(JsValue::UNDEFINED)
}

/// Calls a method of an object. Each such call costs a page a few bytes. A binding for
/// each method would add a function to the wasm and one to its glue.
///
/// # Errors
/// What the method throws, or an error if it does not exist.
pub(crate) fn call(
    object: &JsValue,
    name: &str,
    arguments: &[JsValue],
) -> Result<JsValue, JsValue> {
    apply(&Reflect::get(object, &name.into())?, object, arguments)
}

/// Calls a function.
///
/// # Errors
/// What it throws, or an error if it is no function.
pub(crate) fn apply(
    function: &JsValue,
    this: &JsValue,
    arguments: &[JsValue],
) -> Result<JsValue, JsValue> {
    Reflect::apply(function.unchecked_ref::<Function>(), this, &list(arguments))
}

/// Makes an object of a class of the page. The class has no binding of its own for the same
/// reason.
///
/// # Errors
/// What the constructor throws, or an error if there is no such class.
pub(crate) fn construct(class: &str, arguments: &[JsValue]) -> Result<JsValue, JsValue> {
    let class = Reflect::get(&global_this(), &class.into())?;
    let arguments = list(arguments);
    Reflect::construct(class.unchecked_ref::<Function>(), &arguments)
}

fn list(values: &[JsValue]) -> Array {
    let list = Array::new();
    for value in values {
        list.push(value);
    }
    list
}

/// The length of a list; 0 if it is none.
pub(crate) fn length(list: &JsValue) -> u32 {
    member(list, "length").as_f64().unwrap_or(0.0) as u32
}

/// An item of a list; `undefined` if it does not exist or throws.
pub(crate) fn item(list: &JsValue, at: u32) -> JsValue {
    Reflect::get(list, &at.into()).unwrap_or(JsValue::UNDEFINED)
}

/// Sets a member of one of our own objects.
pub(crate) fn put(object: &JsValue, name: &str, value: &JsValue) {
    // This cannot fail, because none of our objects is frozen.
    let _ = Reflect::set(object, &name.into(), value);
}

/// An object without a prototype, so that additions to `Object.prototype` do not count as
/// options.
pub(crate) fn object() -> Object {
    let object = Object::new();
    let _ = Reflect::set_prototype_of(&object, JsValue::NULL.unchecked_ref());
    object
}

/// The same, with these texts as fields.
pub(crate) fn object_of(texts: &[(&str, &str)]) -> Object {
    let object = object();
    for (name, text) in texts {
        put(&object, name, &JsValue::from_str(text));
    }
    object
}

/// The document; `None` in a worker or on a server.
pub(crate) fn document() -> Option<JsValue> {
    if !crate::HAS_JS {
        return None;
    }
    let document = global("document");
    document.is_object().then_some(document)
}

/// Whether this is a page, or a worker of one, with a user. A server that renders pages
/// may also define a `document`.
pub(crate) fn has_user() -> bool {
    let is_defined = |interface| !global(interface).is_undefined();
    !text(DocumentProperty::Visibility).is_empty()
        || is_defined("Document")
        || is_defined("WorkerGlobalScope")
}

/// Calls an interface's original method on an object.
///
/// # Errors
/// What the method throws, or an error if it does not exist.
pub(crate) fn call_original(
    interface: &str,
    name: &str,
    object: &JsValue,
) -> Result<JsValue, JsValue> {
    let method = member(&prototype(interface), name);
    method.unchecked_ref::<Function>().call0(object)
}

/// A function, also one of another frame, which is no instance of this page's `Function`.
pub(crate) fn function(value: JsValue) -> Option<Function> {
    value.is_function().then(|| value.unchecked_into())
}

/// What the objects of an interface inherit from.
pub(crate) fn prototype(interface: &str) -> JsValue {
    member(&global(interface), "prototype")
}

/// An accessor of an interface, as the browser defines it. Named elements and own
/// properties do not shadow it.
pub(crate) struct Accessor {
    name: &'static str,
    get: Option<Function>,
    set: Option<Function>,
}

impl Accessor {
    /// The accessor that an interface has now.
    pub fn of(interface: &str, name: &'static str) -> Accessor {
        let descriptor = own_property(&prototype(interface), name);
        let half = |which| function(member(&descriptor, which));
        Accessor {
            name,
            get: half("get"),
            set: half("set"),
        }
    }

    /// Reads it; `undefined` if it throws.
    pub fn get(&self, object: &JsValue) -> JsValue {
        match &self.get {
            Some(get) => get.call0(object).unwrap_or(JsValue::UNDEFINED),
            None => member(object, self.name),
        }
    }

    /// Sets it, if the browser allows it.
    pub fn set(&self, object: &JsValue, value: &JsValue) {
        let _ = match &self.set {
            Some(set) => apply(set, object, std::slice::from_ref(value)).map(drop),
            None => Reflect::set(object, &self.name.into(), value).map(drop),
        };
    }
}

/// The properties of the document that are read.
#[derive(Clone, Copy)]
enum DocumentProperty {
    Title,
    Referrer,
    Cookie,
    Visibility,
    Prerendering,
}

thread_local! {
    /// In the order of [`DocumentProperty`].
    static DOCUMENT: [Accessor; 5] =
        ["title", "referrer", "cookie", "visibilityState", "prerendering"]
            .map(|name| Accessor::of("Document", name));
}

fn read(which: DocumentProperty) -> JsValue {
    document().map_or(JsValue::UNDEFINED, |document| {
        DOCUMENT.with(|all| all[which as usize].get(&document))
    })
}

fn text(which: DocumentProperty) -> String {
    read(which).as_string().unwrap_or_default()
}

/// The title of the page.
pub(crate) fn title() -> String {
    truncate(&text(DocumentProperty::Title)).to_owned()
}

/// Where the visitor came from, without query and fragment.
pub(crate) fn referrer() -> String {
    bare_address(&text(DocumentProperty::Referrer)).into_owned()
}

/// All cookies of the page; empty if they are blocked.
pub(crate) fn cookies() -> String {
    text(DocumentProperty::Cookie)
}

/// Sets a cookie, if the browser allows it.
pub(crate) fn set_cookie(cookie: &str) {
    if let Some(document) = document() {
        DOCUMENT.with(|all| all[DocumentProperty::Cookie as usize].set(&document, &cookie.into()));
    }
}

/// Whether the page is visible, as far as that is known. A worker never is.
pub(crate) fn is_visible() -> bool {
    document().is_some() && read(DocumentProperty::Visibility) != "hidden"
}

/// Whether the page is being prerendered, so that nobody sees it.
pub(crate) fn is_prerendering() -> bool {
    read(DocumentProperty::Prerendering) == true
}

/// Whether the browser reports that it has no network.
pub(crate) fn is_offline() -> bool {
    member(&global("navigator"), "onLine") == false
}
