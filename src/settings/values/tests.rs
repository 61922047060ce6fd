//! Settings as JSON, and which ones are refused.

use super::*;
use crate::settings::{Kind, Value, all};
use serde_json::json;

/// A default of the table, as a JSON value.
fn json_of(value: Value) -> serde_json::Value {
    match value {
        Value::Absent => json!(null),
        Value::Flag(on) => json!(on),
        Value::Number(number) => json!(number),
        Value::Text(text) => json!(text),
    }
}

#[test]
fn they_have_the_names_and_defaults_of_the_table() {
    let written = serde_json::to_value(Settings::default()).expect("JSON");
    let written = written.as_object().expect("an object");
    let mut listed = 0;
    for setting in all() {
        if matches!(setting.kind, Kind::Hook(_)) {
            continue;
        }
        listed += 1;
        let value = written.get(setting.name).expect(setting.name);
        let default = json_of(setting.default);
        let same = match (value.as_f64(), default.as_f64()) {
            (Some(value), Some(default)) => value == default,
            _ => *value == default,
        };
        assert!(same, "{}: {value} is not {default}", setting.name);
    }
    assert_eq!(written.len(), listed);
}

#[test]
fn they_read_back_as_they_were_written() {
    let settings = Settings {
        account_id: Some("acme".into()),
        track_page_views: PageViews::PathAndHash,
        consent: Consent::Pending,
        persistence: Persistence::Memory,
        ..Settings::default()
    };
    let text = serde_json::to_string(&settings).expect("JSON");
    assert_eq!(
        serde_json::from_str::<Settings>(&text).expect(&text),
        settings
    );
}

#[test]
fn values_that_no_setting_can_have_do_not_read() {
    for wrong in [
        r#"{"consent":"perhaps"}"#,
        r#"{"persistence":true}"#,
        r#"{"trackPageViews":"path"}"#,
        r#"{"batchSize":-1}"#,
        r#"{"endPoint":"https://usage.example.com"}"#,
        r#"{"endpoint":null}"#,
    ] {
        assert!(serde_json::from_str::<Settings>(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_value_that_does_not_read_is_told_with_those_that_do() {
    for (wrong, told) in [
        (
            r#"{"consent":"perhaps"}"#,
            "unknown variant `perhaps`, expected one of `granted`, `pending`, `denied`",
        ),
        (
            r#"{"persistence":"disk"}"#,
            "unknown variant `disk`, expected `storage` or `memory`",
        ),
        (
            r#"{"trackPageViews":"path"}"#,
            r#"invalid value: string "path", expected true, false or "hash""#,
        ),
    ] {
        let error = serde_json::from_str::<Settings>(wrong).expect_err(wrong);
        assert!(error.to_string().starts_with(told), "{error}");
    }
}

#[test]
fn a_wrong_value_is_refused_by_its_name() {
    let refused = |change: fn(&mut Settings)| {
        let mut settings = Settings::default();
        change(&mut settings);
        match settings.check() {
            Err(TrackerError::InvalidSetting { setting, .. }) => setting,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(refused(|it| it.account_id = Some("  ".into())), "accountId");
    assert_eq!(refused(|it| it.endpoint = String::new()), "endpoint");
    assert_eq!(
        refused(|it| it.endpoint = "usage.example.com".into()),
        "endpoint"
    );
    assert_eq!(
        refused(|it| it.endpoint = "//usage.example.com".into()),
        "endpoint"
    );
    assert_eq!(
        refused(|it| it.debug_url = Some("ftp://x".into())),
        "debugUrl"
    );
    assert_eq!(refused(|it| it.idle_timeout = 0.0), "idleTimeout");
    assert_eq!(refused(|it| it.flush_interval = f64::NAN), "flushInterval");
    assert_eq!(
        refused(|it| it.session_timeout = f64::INFINITY),
        "sessionTimeout"
    );
    assert_eq!(refused(|it| it.batch_size = 0), "batchSize");
    assert_eq!(
        refused(|it| it.cookie_domain = Some("a;b".into())),
        "cookieDomain"
    );
    assert_eq!(refused(|it| it.cookie_prefix = "-x".into()), "cookiePrefix");
    let right = Settings {
        endpoint: "/usage".into(),
        ..Settings::default()
    };
    assert_eq!(right.check(), Ok(()));
}

#[test]
fn every_setting_but_ids_and_endpoint_is_compared_with_one_that_stands_where_it_was_given() {
    let current: Settings = serde_json::from_str(
        r#"{"endpoint":"/usage","batchSize":20,"debug":true,"cookiePrefix":"a_"}"#,
    )
    .expect("settings");
    assert_eq!(Settings::default().differing_from(&current, &[]), [""; 0]);
    assert_eq!(current.differing_from(&current, &[]), [""; 0]);
    let current_alone = Settings::default();
    assert_eq!(
        current.differing_from(&current_alone, &[]),
        ["debug", "batchSize", "cookiePrefix"]
    );
    // Each value differs from its default.
    let other: Settings = serde_json::from_str(
        r#"{"accountId":"a","userId":"u","endpoint":"/usage","trackUnload":false,"trackPageViews":"hash",
            "disableEventSend":true,"debug":true,"debugUrl":"https://a/","sessionTimeout":1,"idleTimeout":1,
            "sessionSyncInterval":1,"flushInterval":1,"batchSize":1,"maxQueueBytes":1,"maxStoredBytes":1,
            "persistence":"memory","cookieDomain":"a","cookiePrefix":"a","consent":"denied","respectGpc":true,
            "respectDnt":true,"compress":false}"#,
    )
    .expect("settings");
    let names: Vec<_> = all()
        .iter()
        .filter(|setting| !matches!(setting.kind, Kind::Hook(_) | Kind::Id | Kind::Endpoint))
        .map(|setting| setting.name)
        .collect();
    assert_eq!(other.differing_from(&current_alone, &[]), names);
}

#[test]
fn a_default_differs_where_it_is_meant() {
    let current = Settings {
        batch_size: 5,
        track_unload: false,
        ..Settings::default()
    };
    let default = Settings::default();
    assert_eq!(default.differing_from(&current, &[]), [""; 0]);
    let explicit = ["batchSize", "trackUnload", "compress"].map(str::to_owned);
    assert_eq!(
        default.differing_from(&current, &explicit),
        ["trackUnload", "batchSize"]
    );
}
