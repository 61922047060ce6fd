//! Connections and file descriptors, tested with the binary itself.

use std::{
    io::{BufRead, BufReader},
    net::TcpStream,
    process::Command,
};

use serde_json::json;

use crate::{
    running::{BINARY, Client, Running},
    source,
    support::Place,
};

/// Starts a collector through a shell that sets its limits of file descriptors.
fn limited(place: &Place, ulimit: &str) -> Running {
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg(format!(r#"ulimit {ulimit} && exec "$0" "$@""#))
        .arg(BINARY);
    Running::start_by(command, place)
}

fn event(no: usize) -> String {
    json!({
        "account_id": "acme", "user_id": "ann", "created_at": 1_700_000_000_000_i64,
        "action": "feature", "feature": "export", "event_id": no.to_string(),
    })
    .to_string()
}

/// Connections of clients that all stop at the same point.
fn open(running: &Running, count: usize, sent: &str) -> Vec<Client> {
    (0..count)
        .map(|_| {
            let mut client = running.client();
            // A connection that was closed to make room accepts no more bytes.
            let _ = client.send(sent);
            client
        })
        .collect()
}

#[test]
fn connections_beyond_the_file_handles_keep_nobody_out() {
    for (ulimit, connections) in [("-n 64", 100), ("-n 256", 300), ("-n 1024", 1050)] {
        let place = Place::new();
        let target = source(&place);
        let running = limited(&place, ulimit);
        let stalled = format!("{target} HTTP/1.1\r\nhost: x\r\ncontent-length: 99\r\n\r\n{{");
        let kinds = ["", "GET /healthz HTTP/1.1\r\nhos", &stalled];
        // All kinds are tested only if few connections suffice.
        let kinds = if connections < 1000 {
            &kinds[..]
        } else {
            &kinds[..1]
        };
        for (no, sent) in kinds.iter().enumerate() {
            let held = open(&running, connections, sent);
            let (status, _) = running.request("GET /healthz", "");
            assert_eq!(status, 200, "{ulimit}: {sent:?}");
            let (status, receipt) = running.request(&target, &event(no));
            assert_eq!(status, 200, "{ulimit}: {sent:?}: {receipt}");
            drop(held);
        }
        assert_eq!(running.request("GET /healthz", "").0, 200);
        running.terminate();
    }
}

#[test]
fn clients_that_do_not_read_their_answers_keep_nobody_out() {
    let place = Place::new();
    let running = limited(&place, "-n 64");
    // Often enough for the answers to fill the socket's buffer.
    let asked = "GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n".repeat(200);
    let held = open(&running, 100, &asked);
    assert_eq!(running.request("GET /healthz", "").0, 200);
    drop(held);
    running.terminate();
}

#[test]
fn a_connection_in_use_does_not_give_way_to_idle_ones() {
    let place = Place::new();
    let target = source(&place);
    let running = limited(&place, "-n 64");
    let mut client = running.client();
    for no in 0..20 {
        let (status, _) = client.request(&target, &event(no)).unwrap();
        assert_eq!(status, 200);
        // Fewer than there is room for. Connections are accepted in order, so all of them
        // are accepted once the last one is answered.
        let mut idle = open(&running, 10, "");
        let last = idle.last_mut().unwrap().request("GET /healthz", "");
        assert_eq!(last.unwrap().0, 200);
    }
    running.terminate();
}

#[test]
fn the_soft_limit_is_raised_to_the_hard_one() {
    let place = Place::new();
    let running = limited(&place, "-Sn 40 && ulimit -Hn 300");
    let held = open(&running, 200, "");
    let alive = held.into_iter().map(|mut client| {
        client
            .request("GET /healthz", "")
            .is_ok_and(|(status, _)| status == 200)
    });
    assert_eq!(alive.filter(|is_alive| *is_alive).count(), 200);
    running.terminate();
}

/// Lets a running collector open this many more file descriptors. A limit that is set at its
/// start would leave a number that depends on the inherited ones.
#[cfg(target_os = "linux")]
fn leave_handles(running: &Running, more: u64) {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    let pid = running.child.id();
    let open: Vec<u64> = std::fs::read_dir(format!("/proc/{pid}/fd"))
        .unwrap()
        .map(|entry| {
            entry
                .unwrap()
                .file_name()
                .to_str()
                .unwrap()
                .parse()
                .unwrap()
        })
        .collect();
    // The limit is the first number that a descriptor may not have.
    let free = (0..).filter(|number| !open.contains(number));
    let limit = free.take(more as usize).last().unwrap() + 1;
    let limit = Rlimit {
        current: Some(limit),
        maximum: Some(limit),
    };
    let pid = Pid::from_raw(pid.try_into().unwrap());
    prlimit(pid, Resource::Nofile, limit).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn a_failed_accept_is_logged_and_does_not_end_the_service() {
    let place = Place::new();
    let running = Running::start(&place);
    // This opens everything that the first request opens.
    assert_eq!(running.request("GET /healthz", "").0, 200);
    leave_handles(&running, 4);
    let held: Vec<TcpStream> = (0..60)
        .map(|_| TcpStream::connect(&running.address).unwrap())
        .collect();
    // Connections are accepted in order, so the others were closed for this one. Only four
    // fit at the same time.
    assert_eq!(running.request("GET /healthz", "").0, 200);
    drop(held);
    assert_eq!(running.request("GET /healthz", "").0, 200);
    let log = running.terminate();
    assert!(log.contains("EMFILE"), "{log}");
    assert!(log.contains("Too many open files"), "{log}");
}

#[test]
fn a_connection_that_gives_way_is_closed() {
    let place = Place::new();
    let running = limited(&place, "-n 64");
    let first = TcpStream::connect(&running.address).unwrap();
    let held = open(&running, 60, "");
    let mut first = BufReader::new(first);
    let read = first.read_line(&mut String::new());
    assert!(read.is_err() || read.is_ok_and(|bytes| bytes == 0));
    drop(held);
    running.terminate();
}
