//! The two cookies, with their attributes.

use natero_wasm::{Consent, Persistence, Settings};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::network::{Network, page_code};
use crate::page::{builder, builder_of, source, track};

fn cookies() -> String {
    page_code("return document.cookie;")
        .as_string()
        .expect("a text")
}

/// The value of a cookie.
fn cookie(name: &str) -> Option<String> {
    let start = format!("{name}=");
    let all = cookies();
    all.split("; ")
        .find_map(|pair| pair.strip_prefix(&start))
        .map(str::to_owned)
}

#[wasm_bindgen_test]
async fn session_and_visitor_are_cookies_of_this_host_alone() {
    let _network = Network::new();
    let (api_key, auth_key) = source();
    let tracker = track(builder_of(&api_key, &auth_key));
    let session = cookie(&format!("{api_key}_sid")).expect("a session");
    let (id, last) = session.split_once('.').expect("two parts");
    assert_eq!(Some(id), tracker.session_id().as_deref());
    assert!(last.parse::<u64>().is_ok(), "{session}");
    assert_eq!(cookie(&format!("{api_key}_vid")), tracker.visitor_id());
    let details = page_code(&format!(
        "return globalThis.cookieStore ? cookieStore.get('{api_key}_vid').then(JSON.stringify) : Promise.resolve('');"
    ));
    let details = JsFuture::from(js_sys::Promise::resolve(&details))
        .await
        .expect("details");
    let details = details.as_string().expect("a text");
    if details.is_empty() {
        return;
    }
    let details: serde_json::Value = serde_json::from_str(&details).expect("JSON");
    // Firefox returns only the name and the value of a cookie.
    if details.get("sameSite").is_none() {
        return;
    }
    assert_eq!(details["sameSite"], "lax");
    assert_eq!(details["path"], "/");
    if let Some(expires) = details["expires"].as_f64() {
        let days = (expires - js_sys::Date::now()) / 86_400_000.0;
        assert!((364.0..366.0).contains(&days), "{days}");
    }
}

#[wasm_bindgen_test]
async fn a_session_that_goes_on_is_taken_from_its_cookie() {
    let _network = Network::new();
    let (api_key, auth_key) = source();
    page_code(&format!(
        "document.cookie = '{api_key}_sid=earlier.' + Date.now();
         document.cookie = '{api_key}_vid=somebody';"
    ));
    let tracker = track(builder_of(&api_key, &auth_key));
    assert_eq!(tracker.session_id().as_deref(), Some("earlier"));
    assert_eq!(tracker.visitor_id().as_deref(), Some("somebody"));
}

#[wasm_bindgen_test]
async fn nothing_is_set_in_memory_or_without_consent_and_opting_out_deletes() {
    let _network = Network::new();
    let before = cookies();
    let prefix = |prefix: &str| Settings {
        cookie_prefix: prefix.to_owned(),
        ..Settings::default()
    };
    let memory = track(
        builder()
            .settings(prefix("m_"))
            .persistence(Persistence::Memory),
    );
    let pending = track(builder().settings(prefix("p_")).consent(Consent::Pending));
    let _ = memory.send_feature("one");
    assert_eq!(cookies(), before);
    pending.opt_in().expect("consent");
    assert!(cookie("p_vid").is_some());
    pending.opt_out().expect("no consent");
    assert_eq!(cookies(), before);
}
