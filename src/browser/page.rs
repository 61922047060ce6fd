//! Reads the page's properties.

use js_sys::{Array, Function, Object, Reflect};
use natero_event::limits::MAX_TEXT_UNITS;
use wasm_bindgen::prelude::*;
use web_sys::{Document, Window};

use crate::{ascii::end_before, settings::rules, text::clean};

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

/// The window of the page; `None` in a worker or on a server.
pub(crate) fn window() -> Option<Window> {
    if cfg!(target_arch = "wasm32") {
        global_this().dyn_into().ok()
    } else {
        None
    }
}

/// A global; `undefined` if it does not exist or throws.
pub(crate) fn global(name: &str) -> JsValue {
    member(&global_this(), name)
}

/// A member of an object; `undefined` if it does not exist or throws.
pub(crate) fn member(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or(JsValue::UNDEFINED)
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
    let method = Reflect::get(object, &name.into())?;
    let all = Array::new();
    for value in arguments {
        all.push(value);
    }
    method.unchecked_ref::<Function>().apply(object, &all)
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
pub(crate) fn document() -> Option<Document> {
    window()?.document()
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
    method.dyn_into::<Function>()?.call0(object)
}

fn prototype(interface: &str) -> JsValue {
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
        let descriptor = prototype(interface)
            .dyn_ref::<Object>()
            .and_then(|it| Reflect::get_own_property_descriptor(it, &name.into()).ok())
            .unwrap_or(JsValue::UNDEFINED);
        let half = |which| member(&descriptor, which).dyn_into::<Function>().ok();
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
            Some(set) => set.call1(object, value).map(drop),
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
    bare(&text(DocumentProperty::Referrer)).to_owned()
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

/// Whether the page is visible. A worker never is.
pub(crate) fn is_visible() -> bool {
    read(DocumentProperty::Visibility) == "visible"
}

/// Whether the page is being prerendered, so that nobody sees it.
pub(crate) fn is_prerendering() -> bool {
    read(DocumentProperty::Prerendering) == true
}

/// Whether the browser reports that it has no network.
pub(crate) fn is_offline() -> bool {
    member(&global("navigator"), "onLine") == false
}

/// The address of the page, with query and fragment.
pub(crate) fn full_address() -> String {
    location_part("href")
}

/// The address of the page, as events name it. If `with_hash`, a path in its fragment is
/// included.
pub(crate) fn address(with_hash: bool) -> String {
    event_address(&full_address(), with_hash)
}

#[wasm_bindgen]
extern "C" {
    type Address;

    #[wasm_bindgen(constructor, catch, js_class = "URL")]
    fn new(url: &str) -> Result<Address, JsValue>;
}

/// An address as the browser writes it; `None` if it is invalid, or the page has no
/// `URL`.
pub(crate) fn normalised(url: &str) -> Option<String> {
    member(Address::new(url).ok()?.as_ref(), "href").as_string()
}

/// Whether a text is an http: or https: URL that the browser can parse. If `URL` does not
/// work at all, only its form is checked.
pub(crate) fn is_address(text: &str) -> bool {
    rules::is_address(text) && (normalised(text).is_some() || normalised("data:,").is_none())
}

/// An endpoint as a complete address, without trailing slashes. `None` if it is invalid,
/// for example a path on a page without an origin.
pub(crate) fn absolute(endpoint: &str) -> Option<String> {
    let mut address = String::new();
    if endpoint.starts_with('/') {
        address = origin();
    }
    address.push_str(endpoint.trim_end_matches('/'));
    (rules::is_endpoint(endpoint) && is_address(&address)).then_some(address)
}

/// The host of the page, without its port.
pub(crate) fn host() -> String {
    location_part("hostname")
}

/// The origin of the page, or of the page that a worker belongs to. A frame without an
/// address of its own (`srcdoc`) inherits the origin of the page around it.
pub(crate) fn origin() -> String {
    let origin = location_part("origin");
    if origin == "null" {
        return global("origin").as_string().unwrap_or(origin);
    }
    origin
}

fn location_part(part: &str) -> String {
    member(&global("location"), part)
        .as_string()
        .unwrap_or_default()
}

/// An address without query and fragment, which may hold private data.
fn bare(address: &str) -> &str {
    let address = short(address);
    truncate(&address[..end_before(address, b"?#")])
}

/// An address that was passed to a call, as events name it.
pub(crate) fn passed_address(address: &str) -> String {
    short(&clean(truncate(address))).to_owned()
}

/// An address of limited length. Of a `data:` or `blob:` address only the scheme remains.
fn short(address: &str) -> &str {
    document_kind(address).unwrap_or_else(|| truncate(address))
}

/// The scheme of an address that contains a whole document, of any size.
fn document_kind(address: &str) -> Option<&str> {
    let kind = address.get(..5)?;
    let is_it = kind.eq_ignore_ascii_case("data:") || kind.eq_ignore_ascii_case("blob:");
    is_it.then_some(kind)
}

/// A text, truncated to [`MAX_TEXT_UNITS`].
pub(crate) fn truncate(text: &str) -> &str {
    truncate_to(text, MAX_TEXT_UNITS)
}

/// A text, truncated to this many UTF-16 units.
pub(crate) fn truncate_to(text: &str, max_units: usize) -> &str {
    let mut units = 0;
    for (at, letter) in text.char_indices() {
        units += letter.len_utf16();
        if units > max_units {
            return &text[..at];
        }
    }
    text
}

fn event_address(address: &str, with_hash: bool) -> String {
    let mut event_address = bare(address).to_owned();
    if with_hash && document_kind(address).is_none() {
        event_address.push_str(fragment_path(address));
        event_address.truncate(truncate(&event_address).len());
    }
    event_address
}

/// The path that some routers keep in the fragment, without its query: `#/…` or `#!/…`.
fn fragment_path(address: &str) -> &str {
    for (at, byte) in address.bytes().enumerate() {
        if byte != b'#' {
            continue;
        }
        let fragment = &address[at..];
        if fragment.starts_with("#/") || fragment.starts_with("#!/") {
            return &fragment[..end_before(fragment, b"?")];
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_named_without_what_is_nobody_elses_business() {
        let cases = [
            ("https://a/b?token=1#c", "https://a/b", "https://a/b"),
            ("https://a/b#/c/d?e", "https://a/b", "https://a/b#/c/d"),
            ("https://a/b?q#!/c", "https://a/b", "https://a/b#!/c"),
            ("https://a/b#section", "https://a/b", "https://a/b"),
            ("data:text/html,secret", "data:", "data:"),
            ("blob:https://a/1-2", "blob:", "blob:"),
        ];
        for (address, path, with_hash) in cases {
            assert_eq!(event_address(address, false), path);
            assert_eq!(event_address(address, true), with_hash);
        }
    }

    #[test]
    fn a_document_in_place_of_an_address_is_named_whatever_stands_around_its_scheme() {
        for address in [
            "data:text/html,secret",
            " data:text/html,secret",
            "\n\tDATA:text/html,secret",
            "\0data:text/html,secret",
            "da\0ta:text/html,secret",
            "\u{feff}data:text/html,secret",
            "\u{a0}blob:https://a/1-2",
        ] {
            let passed = passed_address(address).to_lowercase();
            assert!(
                matches!(&*passed, "data:" | "blob:"),
                "{address:?}: {passed}"
            );
        }
        assert_eq!(passed_address(" https://a/b?c#d\n"), "https://a/b?c#d");
    }

    #[test]
    fn a_long_address_is_cut_between_characters() {
        let long = format!("https://a/{}", "é".repeat(5_000));
        assert_eq!(
            event_address(&long, false).encode_utf16().count(),
            MAX_TEXT_UNITS
        );
    }
}
