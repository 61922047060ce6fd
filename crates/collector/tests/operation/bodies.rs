//! Bodies that do not arrive completely, and clients that are refused while they send.

use std::process::Command;

use serde_json::{Value, json};

use crate::{
    running::{BINARY, Client, Running},
    source,
    support::Place,
};

const MIB: usize = 1024 * 1024;

fn event(no: usize) -> String {
    json!({
        "account_id": "acme", "user_id": "ann", "created_at": 1_700_000_000_000_i64,
        "action": "feature", "feature": "export", "event_id": no.to_string(),
    })
    .to_string()
}

/// Clients that declare a body of 1 MiB and send only `sent` bytes of it.
fn announce(running: &Running, target: &str, count: usize, sent: usize) -> Vec<Client> {
    let head = format!("{target} HTTP/1.1\r\nhost: x\r\ncontent-length: {MIB}\r\n\r\n");
    let part = " ".repeat(sent);
    (0..count)
        .map(|_| {
            let mut client = running.client();
            client.send(&head).unwrap();
            client.send(&part).unwrap();
            client
        })
        .collect()
}

#[test]
fn bodies_that_are_announced_and_not_sent_stop_nobody() {
    let place = Place::new();
    let target = source(&place);
    let running = Running::start(&place);
    let held = announce(&running, &target, 200, 0);
    for no in 0..20 {
        let (status, answer) = running.request(&target, &event(no));
        assert_eq!(status, 200, "{answer}");
    }
    drop(held);
}

#[test]
fn bodies_that_stop_before_their_end_stop_no_other_source_and_their_own_for_a_moment() {
    let place = Place::new();
    let (target, other) = (source(&place), source(&place));
    let running = Running::start(&place);
    let held = announce(&running, &target, 64, MIB - 1);
    let (status, answer) = running.request(&other, &event(0));
    assert_eq!(status, 200, "{answer}");
    let mut client = running.client();
    loop {
        let (status, answer) = client.request(&target, &event(1)).unwrap();
        if status == 200 {
            break;
        }
        assert_eq!(status, 429, "{answer}");
        assert!(answer.contains("Retry-After"), "{answer}");
    }
    drop(held);
}

#[test]
fn a_client_that_is_refused_while_it_sends_can_read_why_and_send_again() {
    let place = Place::new();
    let target = source(&place);
    let mut command = Command::new(BINARY);
    command.env("NATERO_RATE_LIMIT", "1");
    let running = Running::start_by(command, &place);
    let large = format!("{}{}", event(1), " ".repeat(MIB - event(1).len()));
    let too_large = " ".repeat(8 * MIB);
    let unknown = "POST /v1/nobody/nothing";
    let mut refused = Vec::new();
    let mut client = running.client();
    for (target, body) in [
        (&*target, &too_large),
        (unknown, &large),
        (&target, &large),
        (&target, &large),
        (&target, &large),
        ("POST /nowhere", &large),
        ("PUT /healthz", &large),
        ("POST /api/v2/accounts", &large),
        ("POST /sign-in", &large),
    ] {
        // The client writes the whole request before it reads any of the answer.
        let (status, answer) = client.request(target, body).unwrap();
        if !matches!(status, 200 | 429) && target != "POST /nowhere" && target != "POST /sign-in" {
            let error: Value = serde_json::from_str(&answer).unwrap();
            assert!(error["error"].is_string(), "{answer}");
        }
        refused.push(status);
    }
    assert_eq!(refused[..2], [413, 401]);
    assert!(refused[2..5].contains(&429), "{refused:?}");
    assert_eq!(client.request("GET /healthz", "").unwrap().0, 200);
    running.terminate();
}
