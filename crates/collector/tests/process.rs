//! The binary, as an operator runs it.
#![allow(missing_docs)]

mod support;

use std::io::Write;

use base64::Engine;
use clap::CommandFactory;
use natero_collector::cli::Cli;
use serde_json::{Value, json};
use support::{
    Place,
    place::Stored,
    running::{BINARY, Running, batches_of_new_source, json_of, natero},
};

#[test]
fn keys_are_created_listed_and_revoked() {
    let place = Place::new();
    let source = json_of(natero(
        &place,
        &["keys", "create", "source", "--json", "--name", "web"],
    ));
    let account = json_of(natero(&place, &["keys", "create", "account", "--json"]));
    assert!(source["auth_key"].is_string() && source["api_key"].is_string());
    assert!(account["account_key"].is_string());

    let list = natero(&place, &["keys", "list", "--json"]);
    let text = String::from_utf8(list.stdout.clone()).unwrap();
    for secret in [
        &source["auth_key"],
        &source["api_key"],
        &account["account_key"],
    ] {
        assert!(!text.contains(secret.as_str().unwrap()));
        let secret = secret.as_str().unwrap();
        assert!(!place.keeps(secret), "only hashes are kept");
    }
    assert!(place.keeps("web"));
    assert_eq!(json_of(list).as_array().unwrap().len(), 2);

    assert!(
        natero(&place, &["keys", "revoke", "source-1"])
            .status
            .success()
    );
    let again = natero(&place, &["keys", "revoke", "source-1"]);
    assert!(!again.status.success());
    assert!(
        String::from_utf8(again.stderr)
            .unwrap()
            .contains("keys list")
    );
    let list = json_of(natero(&place, &["keys", "list", "--json"]));
    assert!(list[0]["revoked_at"].is_i64() && list[1]["revoked_at"].is_null());
}

#[test]
fn every_flag_of_every_command_is_an_environment_variable_too() {
    fn flags(command: &clap::Command, found: &mut Vec<String>) {
        for flag in command.get_arguments().filter(|arg| !arg.is_positional()) {
            let is_own = !matches!(flag.get_id().as_str(), "help" | "version");
            if is_own {
                let name = flag.get_env().and_then(|name| name.to_str());
                let name = name.unwrap_or_else(|| {
                    panic!("--{} of {} has none", flag.get_id(), command.get_name())
                });
                assert!(name.starts_with("NATERO_"), "{name}");
                found.push(name.to_owned());
            }
        }
        for command in command.get_subcommands() {
            flags(command, found);
        }
    }
    let mut found = Vec::new();
    flags(&Cli::command(), &mut found);
    for known in ["NATERO_LISTEN", "NATERO_DB", "NATERO_KEEP_RAW"] {
        assert!(found.iter().any(|name| name == known), "{known}");
    }
}

#[test]
fn a_source_is_made_as_its_flags_or_the_environment_say() {
    let place = Place::new();
    let by_flags = [
        "keys",
        "create",
        "source",
        "--json",
        "--name",
        "backend",
        "--trusted",
        "--allow-hierarchy",
        "--origin",
        "https://a.example",
        "--origin",
        "https://b.example",
    ];
    json_of(natero(&place, &by_flags));
    let mut by_environment = std::process::Command::new(BINARY);
    place.choose(&mut by_environment);
    let by_environment = by_environment
        .args(["keys", "create", "source"])
        .env("NATERO_JSON", "true")
        .env("NATERO_KEY_NAME", "backend")
        .env("NATERO_SOURCE_TRUSTED", "true")
        .env("NATERO_SOURCE_ALLOW_HIERARCHY", "true")
        .env(
            "NATERO_SOURCE_ORIGIN",
            "https://a.example,https://b.example",
        )
        .output();
    json_of(by_environment.unwrap());
    json_of(natero(&place, &["keys", "create", "source", "--json"]));
    let list = json_of(natero(&place, &["keys", "list", "--json"]));
    for made in &list.as_array().unwrap()[..2] {
        assert_eq!(
            (&made["name"], &made["trusted"], &made["allow_hierarchy"]),
            (&json!("backend"), &json!(true), &json!(true))
        );
        assert_eq!(
            made["origins"],
            json!(["https://a.example", "https://b.example"])
        );
    }
    let plain = &list[2];
    assert_eq!(
        (
            &plain["trusted"],
            &plain["allow_hierarchy"],
            &plain["origins"]
        ),
        (&json!(false), &json!(false), &json!([]))
    );
}

#[test]
fn a_flag_that_takes_an_origin_says_what_is_wrong_with_another_value() {
    let place = Place::new();
    let refused = |args: &[&str], flag: &str, value: &str| {
        let output = natero(&place, &[args, &[flag, value]].concat());
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "{flag} {value}");
        assert!(output.stdout.is_empty(), "{flag} {value}");
        assert!(
            told.contains(flag) && told.contains(value) && told.contains("https://app.example.com"),
            "{told}"
        );
    };
    for value in ["app.example.com", "*", "https://*.example.com", "null"] {
        refused(&["keys", "create", "source"], "--origin", value);
    }
    for value in ["https://app.example.com?x", "https://a b"] {
        refused(
            &["serve", "--listen", "127.0.0.1:0"],
            "--allow-origin",
            value,
        );
        refused(&["serve", "--listen", "127.0.0.1:0"], "--api-origin", value);
    }
    for value in ["https://App.Example.com/", "HTTPS://App.example.com:443"] {
        let made = ["keys", "create", "source", "--json", "--origin", value];
        json_of(natero(&place, &made));
    }
    let list = json_of(natero(&place, &["keys", "list", "--json"]));
    for made in list.as_array().unwrap() {
        assert_eq!(made["origins"], json!(["https://app.example.com"]));
    }
}

#[test]
fn a_gzip_bomb_takes_no_more_memory_than_a_full_batch() {
    let place = Place::new();
    let running = Running::start(&place);
    let source = json_of(natero(&place, &["keys", "create", "source", "--json"]));
    let (auth, api) = (&source["auth_key"], &source["api_key"]);
    // Nearly 1 MiB that decompresses to nearly 1 GiB, in gzip members that are each small.
    let mut member = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    member.write_all(&vec![b' '; 8 << 20]).unwrap();
    let bomb = member.finish().unwrap();
    let bomb = bomb.repeat((1 << 20) / bomb.len());
    let head = format!(
        "POST /v1/{}/{} HTTP/1.1\r\nhost: x\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
        auth.as_str().unwrap(),
        api.as_str().unwrap(),
        bomb.len()
    );
    for _ in 0..4 {
        let mut client = running.client();
        client.send(&head).unwrap();
        client.send_bytes(&bomb).unwrap();
        let (status, body) = client.raw("").unwrap();
        assert_eq!(status, 413, "{body}");
        assert!(body.contains("8 MiB"), "{body}");
    }
    let status = std::fs::read_to_string(format!("/proc/{}/status", running.child.id())).unwrap();
    let peak = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap();
    let peak: u64 = peak.split_whitespace().nth(1).unwrap().parse().unwrap();
    assert!(peak < 200 * 1024, "{peak} KiB");
    running.terminate();
}

#[test]
fn the_log_can_be_one_json_object_a_line() {
    let place = Place::new();
    let mut command = std::process::Command::new(BINARY);
    command.env("NATERO_LOG_FORMAT", "json");
    let running = Running::start_by(command, &place);
    running.request("GET /healthz", "");
    let log = running.terminate();
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}")))
        .collect();
    let answered = lines
        .iter()
        .find(|line| line["fields"]["message"] == "answered")
        .unwrap_or_else(|| panic!("no answer in {log}"));
    assert_eq!(answered["fields"]["route"], "/healthz");
    assert_eq!(answered["fields"]["status"], 200);
}

#[test]
fn a_running_collector_takes_new_keys_counts_logs_no_key_and_stops_cleanly() {
    let place = Place::new();
    let running = Running::start(&place);
    let source = json_of(natero(&place, &["keys", "create", "source", "--json"]));
    let account = json_of(natero(&place, &["keys", "create", "account", "--json"]));
    let (auth, api) = (
        source["auth_key"].as_str().unwrap(),
        source["api_key"].as_str().unwrap(),
    );
    let key = account["account_key"].as_str().unwrap();

    assert_eq!(running.request("GET /healthz", "").0, 200);
    let event = json!({
        "account_id": "acme", "user_id": "ann", "session_id": "s", "created_at": 1600000000000_i64,
        "action": "feature", "feature": "export",
    });
    let (status, body) = running.request(&format!("POST /v1/{auth}/{api}"), &event.to_string());
    assert_eq!(
        (status, body.contains("\"accepted\":1")),
        (200, true),
        "{body}"
    );
    running.request(&format!("POST /v1/{auth}/wrong"), "{");
    let path = format!("GET /api/v2/accounts/acme/usage?api_key={key}");
    let (status, body) = running.request(&path, "");
    assert_eq!(status, 200);
    assert_eq!(
        serde_json::from_str::<Value>(&body).unwrap()["totals"]["features"],
        1
    );

    // Keys in every other place from which they could get into the log.
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("api:{key}"));
    let ask = |head: String, body: &str| {
        let length = body.len();
        let request = format!("{head}host: x\r\ncontent-length: {length}\r\n\r\n{body}");
        let answer = running.client().raw(&request).unwrap();
        (answer.0, answer.1)
    };
    let head = format!("GET /api/v2/accounts HTTP/1.1\r\nauthorization: Basic {basic}\r\n");
    assert_eq!(ask(head, "").0, 200);
    let form = "content-type: application/x-www-form-urlencoded\r\nsec-fetch-site: same-origin\r\n";
    let head = format!("POST /sign-in HTTP/1.1\r\n{form}");
    assert_eq!(ask(head, &format!("key={key}")).0, 303);
    let head = format!("GET /?next=/{key} HTTP/1.1\r\ncookie: natero_session={key}\r\n");
    assert_eq!(ask(head, "").0, 200);
    let head = format!("GET /no/such/{key} HTTP/1.1\r\n");
    assert_eq!(ask(head, "").0, 404);
    let head = format!("POST /v1/{auth}/{api} HTTP/7.1\r\n");
    assert_eq!(ask(head, "").0, 400);

    let log = running.terminate();
    for secret in [auth, api, key, &basic] {
        assert!(!log.contains(secret), "{log}");
    }
    let wal = place.path("natero.db-wal");
    assert!(!wal.exists() || std::fs::metadata(&wal).unwrap().len() == 0);
}

#[test]
fn forged_events_are_erased_by_their_id_or_by_their_arrival_from_a_source() {
    let place = Place::new();
    let running = Running::start(&place);
    let target = batches_of_new_source(&place);
    let events = ["a", "b", "c"].map(|id| {
        let event = json!({
            "account_id": id, "user_id": id, "created_at": 1600000000000_i64,
            "action": "feature", "feature": "export", "event_id": id,
        });
        format!("{event}\n")
    });
    running.request(&target, &events.concat());
    let erased = json_of(natero(&place, &["erase", "event", "a", "--json"]));
    assert_eq!(erased, json!({"events": 1, "users": 1, "accounts": 1}));
    assert!(!natero(&place, &["erase", "event", "a"]).status.success());
    for (wrong, said) in [
        (["erase", "source", "source-1"].as_slice(), "--from"),
        (&["erase", "source", "source-7", "--from", "0"], "source-7"),
        (&["erase", "user", "b", "--from", "0"], "whole user"),
    ] {
        let refused = natero(&place, wrong);
        assert!(!refused.status.success(), "{wrong:?}");
        let error = String::from_utf8(refused.stderr).unwrap();
        assert!(error.contains(said), "{error}");
    }
    let span = ["erase", "source", "source-1", "--from", "0", "--json"];
    let erased = json_of(natero(&place, &span));
    assert_eq!(erased, json!({"events": 2, "users": 2, "accounts": 2}));
    running.terminate();
}
