//! Input on a socket that is not valid HTTP.
#![allow(missing_docs)]

mod support;

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpStream},
};

use serde_json::Value;
use support::{
    Place,
    running::{Running, json_of, natero},
};

const HEALTHY: &str = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";
const PREFACE: &str = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

fn start() -> (Place, Running) {
    let place = Place::new();
    let running = Running::start(&place);
    (place, running)
}

/// All bytes that are answered until the collector closes the connection.
fn answer(running: &Running, pieces: &[&[u8]]) -> String {
    let mut stream = TcpStream::connect(&running.address).unwrap();
    stream.set_nodelay(true).unwrap();
    for piece in pieces {
        stream.write_all(piece).unwrap();
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Checks that the answer is one error, and returns its status and message.
#[track_caller]
fn refusal(answer: &str) -> (u16, String) {
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .unwrap_or_else(|| panic!("no answer: {answer:?}"));
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    let headers: Vec<_> = lines.map(str::to_ascii_lowercase).collect();
    for header in [
        "content-type: application/json".to_owned(),
        format!("content-length: {}", body.len()),
    ] {
        assert!(headers.contains(&header), "{header} is not in {answer}");
    }
    let body: Value = serde_json::from_str(body).unwrap();
    let error = body["error"].as_str().unwrap().to_owned();
    assert!(error.len() > 20, "says too little: {error}");
    (status.parse().unwrap(), error)
}

#[test]
fn a_request_that_is_no_http_is_told_what_to_check() {
    let (_place, running) = start();
    let head = "POST /v1/a/b HTTP/1.1\r\nhost: x\r\n";
    for request in [
        "hello\r\n\r\n",
        "\u{1}\u{2}\u{3}\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\u{3}\u{3}",
        "GET / HTTP/7.1\r\n\r\n",
        "GET /a b HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n",
        &format!("{head}content-length: many\r\n\r\n"),
        &format!("{head}content-length: -1\r\n\r\n"),
        &format!("{head}content-length: 1\r\ncontent-length: 2\r\n\r\n"),
        &format!("{head}transfer-encoding: gzip\r\n\r\n"),
        PREFACE,
    ] {
        let (status, error) = refusal(&answer(&running, &[request.as_bytes()]));
        assert_eq!(status, 400, "{request:?}");
        assert!(error.contains("HTTP/1.1"), "{error}");
    }
    let bytes: Vec<_> = PREFACE.as_bytes().chunks(1).take(20).collect();
    assert_eq!(refusal(&answer(&running, &bytes)).0, 400);
    running.terminate();
}

#[test]
fn headers_that_are_too_long_or_too_many_are_answered_while_the_client_still_sends() {
    let (_place, running) = start();
    let padded = |bytes: usize| {
        let padding = "x".repeat(bytes);
        format!("GET /healthz HTTP/1.1\r\nconnection: close\r\nx-padding: {padding}\r\n\r\n")
    };
    let taken = answer(&running, &[padded(8 * 1024).as_bytes()]);
    assert!(taken.starts_with("HTTP/1.1 200 "), "{taken}");
    let many = "a: b\r\n".repeat(200);
    for request in [
        padded(256 * 1024),
        format!("GET /healthz HTTP/1.1\r\n{many}\r\n"),
        format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(256 * 1024)),
    ] {
        let (status, error) = refusal(&answer(&running, &[request.as_bytes()]));
        assert_eq!(status, 431, "{}", &request[..60]);
        assert!(error.contains("64 KiB"), "{error}");
    }
    assert_eq!(running.request("GET /healthz", "").0, 200, "served on");
    running.terminate();
}

#[test]
fn a_refused_client_may_send_to_its_end() {
    let (_place, running) = start();
    let mut stream = TcpStream::connect(&running.address).unwrap();
    stream.write_all(b"hello\r\n\r\n").unwrap();
    // It was answered. If the socket were closed now, the bytes that follow would reset it.
    assert_eq!(stream.peek(&mut [0]).unwrap(), 1);
    for _ in 0..50 {
        stream.write_all(&[b'x'; 16 * 1024]).unwrap();
    }
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert_eq!(refusal(&answer).0, 400);
    running.terminate();
}

#[test]
fn a_body_that_is_announced_too_large_is_not_waited_for() {
    let (place, running) = start();
    let account = json_of(natero(&place, &["keys", "create", "account", "--json"]));
    let source = json_of(natero(&place, &["keys", "create", "source", "--json"]));
    let part = |keys: &Value, name: &str| keys[name].as_str().unwrap().to_owned();
    for path in [
        format!("/api/v2/accounts?api_key={}", part(&account, "account_key")),
        format!(
            "/v1/{}/{}",
            part(&source, "auth_key"),
            part(&source, "api_key")
        ),
    ] {
        let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 9999999999\r\n\r\n");
        let (status, error) = refusal(&answer(&running, &[head.as_bytes()]));
        assert_eq!(status, 413);
        assert!(error.contains("MiB"), "{error}");
    }
    running.terminate();
}

#[test]
fn answers_that_come_before_the_refusal_stay_as_they_are() {
    let (_place, running) = start();
    let both = format!("{HEALTHY}{HEALTHY}hello\r\n\r\n");
    let answers = answer(&running, &[both.as_bytes()]);
    let parts: Vec<_> = answers.split("HTTP/1.1 ").skip(1).collect();
    assert_eq!(parts.len(), 3, "{answers}");
    assert!(parts[..2].iter().all(|part| part.starts_with("200 ")));
    assert!(parts[1].ends_with("{\"status\":\"ok\"}"), "{answers}");
    assert_eq!(refusal(&format!("HTTP/1.1 {}", parts[2])).0, 400);
    // An answer to HEAD has no body, and the connection stays in use.
    let head = "HEAD /?next=a HTTP/1.1\r\nhost: x\r\n\r\n";
    let heads = answer(&running, &[head.as_bytes(), both.as_bytes()]);
    assert_eq!(heads.matches("HTTP/1.1 200").count(), 3, "{heads}");
    running.terminate();
}
