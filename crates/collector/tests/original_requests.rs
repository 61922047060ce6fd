//! Requests of the original's clients, reproduced byte for byte: the Ruby gem `natero` 1.2.4,
//! a Python client and the JS library, in the order of a first integration. They are based on
//! the documentation of the clients and of the HTTP libraries that they use.
#![allow(missing_docs)]

mod support;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use support::{
    Place,
    running::{Running, json_of, natero},
};

/// A request, and what the client reads from the answer: its status, and values by their JSON
/// pointers.
type Exchange = (
    &'static str,
    &'static str,
    u16,
    &'static [(&'static str, &'static str)],
);

macro_rules! exchanges {
    ($($name:literal => $status:literal { $($place:literal: $value:literal),* $(,)? })*) => {
        &[$((
            $name,
            include_str!(concat!("requests/original/", $name, ".http")),
            $status,
            &[$(($place, $value)),*],
        )),*]
    };
}

const EXCHANGES: &[Exchange] = exchanges! {
    "ruby-accounts-bulk" => 200 { "/accepted": "2", "/rejected": "[]" }
    "ruby-accounts-list" => 200 {
        "/status_is_ok": "true", "/current_page": "0", "/results/0/account_id": "\"1044\"",
        "/results/0/is_leaf": "false", "/results/1/parent_account_id": "\"1044\"", "/total": "2",
    }
    "ruby-account" => 200 { "/name": "\"Initech Austin\"", "/hierarchy_label": "\"Site\"" }
    "ruby-account-modify" => 200 { "/name": "\"Initech Austin TX\"", "/parent_account_id": "\"1044\"" }
    "ruby-users-bulk" => 200 { "/accepted": "2" }
    "ruby-users-list" => 200 { "/results/0/user_id": "\"88213\"", "/results/1/first_name": "\"Joanna\"" }
    "ruby-user-of-account" => 200 { "/user_id": "\"88213\"", "/last_name": "\"Waddams\"" }
    "ruby-event-feature" => 200 { "/accepted": "1", "/rejected": "[]" }
    "ruby-event-module-end" => 200 { "/accepted": "1", "/rejected": "[]" }
    "ruby-event-session-sync" => 200 { "/accepted": "1", "/rejected": "[]" }
    "ruby-event-identify-user" => 200 { "/accepted": "1", "/rejected": "[]" }
    "ruby-event-identify-account" => 200 { "/accepted": "1", "/rejected": "[]" }
    "python-accounts-page-0" => 200 { "/results/1/account_id": "\"1045\"", "/max_page_size": "1000" }
    "python-accounts-page-1" => 200 { "/results/0/account_id": "\"1045\"", "/current_page": "1" }
    "python-account-basic-key" => 200 { "/account_id": "\"1045\"" }
    "python-account-put-data" => 200 { "/name": "\"Initech Texas\"", "/join_date": "1588291200000" }
    "python-users-bulk" => 200 {
        "/accepted": "1", "/failed_results/0/record/user_id": "\"90002\"", "/rejected/0/index": "1",
    }
    "python-assigned-csms" => 200 { "/accepted": "1" }
    "python-metrics-bulk" => 200 { "/accepted": "1" }
    "python-event-numbers-as-text" => 200 { "/accepted": "2", "/rejected": "[]" }
    "js-batch" => 200 { "/accepted": "4", "/rejected": "[]" }
    "js-unload" => 200 { "/accepted": "1", "/rejected": "[]" }
    "ruby-account-metrics" => 200 { "/results/0/value": "120" }
    "ruby-account-statements" => 200 { "/results": "[]" }
    "ruby-account-subscriptions" => 200 { "/results": "[]" }
    "ruby-account-support_tickets" => 200 { "/results": "[]" }
    "ruby-account-users" => 200 { "/results/0/user_id": "\"88213\"" }
    "ruby-account-contacts" => 200 { "/results": "[]" }
    "ruby-csm-delete" => 200 { "/status_is_ok": "true" }
    "ruby-account-deactivate" => 200 { "/is_deleted": "true" }
};

struct Keys {
    auth: String,
    api: String,
    account: String,
}

impl Keys {
    fn create(place: &Place) -> Self {
        let source = json_of(natero(place, &["keys", "create", "source", "--json"]));
        let account = json_of(natero(place, &["keys", "create", "account", "--json"]));
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Keys {
            auth: text(&source["auth_key"]),
            api: text(&source["api_key"]),
            account: text(&account["account_key"]),
        }
    }

    fn fill(&self, request: &str) -> String {
        let basic = STANDARD.encode(format!("api:{}", self.account));
        request
            .replace("AUTH_KEY", &self.auth)
            .replace("API_KEY", &self.api)
            .replace("ACCOUNT_KEY", &self.account)
            .replace("BASIC_KEY", &basic)
    }
}

#[test]
fn the_clients_of_the_original_work_unchanged() {
    let place = Place::new();
    let keys = Keys::create(&place);
    let running = Running::start(&place);
    for (name, request, status, expected) in EXCHANGES {
        let (answered, body) = running.client().raw(&keys.fill(request)).unwrap();
        assert_eq!(answered, *status, "{name}: {body}");
        let body: Value = serde_json::from_str(&body).unwrap();
        for (place, value) in *expected {
            let value: Value = serde_json::from_str(value).unwrap();
            assert_eq!(body.pointer(place), Some(&value), "{name} {place}: {body}");
        }
    }
    let path = format!("GET /api/v2/accounts/1044/usage?api_key={}", keys.account);
    let (_, usage) = running.request(&path, "");
    let usage: Value = serde_json::from_str(&usage).unwrap();
    // The only account below it is deactivated and keeps its usage.
    assert_eq!(
        usage["totals"],
        json!({"events": 12, "features": 6, "module_time": 13_700, "active_time": 60_000,
               "sessions": 3, "users": 2})
    );
    running.terminate();
}

#[test]
fn the_js_library_may_send_from_any_origin_and_again_what_it_sent() {
    let place = Place::new();
    let keys = Keys::create(&place);
    let running = Running::start(&place);
    let preflight = keys.fill(include_str!("requests/original/js-preflight.http"));
    let (status, _) = running.client().raw(&preflight).unwrap();
    assert!((200..300).contains(&status), "{status}");
    let batch = keys.fill(include_str!("requests/original/js-batch.http"));
    for (accepted, duplicates) in [(4, 0), (0, 4)] {
        let (status, receipt) = running.client().raw(&batch).unwrap();
        assert_eq!(status, 200, "{receipt}");
        let receipt: Value = serde_json::from_str(&receipt).unwrap();
        assert_eq!(receipt["accepted"], accepted);
        assert_eq!(receipt["duplicates"], duplicates);
    }
    running.terminate();
}
