//! What a command does where its output cannot be written, or nobody reads it.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    process::{Command, Output, Stdio},
};

use crate::{
    source,
    support::{
        Place,
        place::Stored,
        running::{BINARY, Running, json_of, natero},
    },
};

/// Runs a command whose standard output is a full disk.
fn to_full_disk(place: &Place, args: &[&str]) -> Output {
    let mut command = Command::new(BINARY);
    place.choose(&mut command);
    let full = File::options().write(true).open("/dev/full").unwrap();
    command.args(args).stdout(full).output().unwrap()
}

/// Runs a command whose standard output nobody reads any more.
fn to_closed_pipe(place: &Place, args: &[&str]) -> Output {
    let mut command = Command::new(BINARY);
    place.choose(&mut command);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    command.args(args).stdout(writer).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_result_that_cannot_be_printed_is_an_error_and_a_reader_who_leaves_is_none() {
    let place = Place::new();
    source(&place);
    for command in [
        &["keys", "list"][..],
        &["keys", "list", "--json"],
        &["loss"],
        &["keys", "revoke", "source-1"],
        &["erase", "source", "source-1", "--from", "0"],
    ] {
        let full = to_full_disk(&place, command);
        assert_eq!(full.status.code(), Some(1), "{command:?}");
        let text = said(&full);
        assert!(text.contains("standard output"), "{command:?}: {text}");
        if !command.contains(&"revoke") {
            let closed = to_closed_pipe(&place, command);
            assert!(closed.status.success(), "{command:?}: {}", said(&closed));
            assert_eq!(said(&closed), "", "{command:?}");
        }
    }
}

#[test]
fn a_new_key_that_nobody_has_seen_is_revoked() {
    let place = Place::new();
    let runs = [to_full_disk, to_closed_pipe];
    for run in runs {
        for kind in ["source", "account", "viewer"] {
            let created = run(&place, &["keys", "create", kind]);
            assert_eq!(created.status.code(), Some(1), "{kind}");
            let text = said(&created);
            assert!(text.contains("is revoked"), "{kind}: {text}");
        }
    }
    let list = json_of(natero(&place, &["keys", "list", "--json"]));
    let list = list.as_array().unwrap();
    assert_eq!(list.len(), 6);
    assert!(list.iter().all(|key| key["revoked_at"].is_i64()));
}

#[test]
fn no_key_is_made_where_its_output_is_discarded() {
    let place = Place::new();
    source(&place);
    for kind in ["source", "account", "viewer"] {
        let mut command = Command::new(BINARY);
        place.choose(&mut command);
        command.args(["keys", "create", kind]).stdout(Stdio::null());
        let created = command.output().unwrap();
        assert_eq!(created.status.code(), Some(1), "{kind}");
        assert!(said(&created).contains("nobody would see"), "{kind}");
        let mut closed = Command::new("sh");
        place.choose(&mut closed);
        closed.args(["-c", "exec \"$0\" keys create \"$1\" >&-", BINARY, kind]);
        assert_eq!(closed.status().unwrap().code(), Some(1), "{kind}");
    }
    let list = json_of(natero(&place, &["keys", "list", "--json"]));
    assert_eq!(list.as_array().unwrap().len(), 1, "{list}");
}

#[test]
fn the_name_of_a_key_fits_on_one_line() {
    let place = Place::new();
    for name in ["x\ny", "\u{1b}[31m", &"x".repeat(81)] {
        let created = natero(&place, &["keys", "create", "account", "--name", name]);
        assert!(!created.status.success(), "{name:?}");
        assert!(said(&created).contains("80 characters"), "{name:?}");
    }
    json_of(natero(
        &place,
        &[
            "keys",
            "create",
            "account",
            "--json",
            "--name",
            &"ü".repeat(80),
        ],
    ));
}

#[test]
fn a_collector_that_cannot_say_where_it_listens_does_not_start() {
    let place = Place::new();
    let served = to_full_disk(&place, &["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(served.status.code(), Some(1));
    let text = said(&served);
    assert!(text.contains("the address cannot be written"), "{text}");
}

#[test]
fn a_collector_whose_output_is_discarded_logs_where_it_listens() {
    let place = Place::new();
    source(&place);
    let mut command = Command::new("sh");
    // Standard output is closed, as `serve >&-` does.
    command.args(["-c", "exec \"$0\" \"$@\" >&-", BINARY]);
    place.choose(&mut command);
    command.args(["serve", "--listen", "127.0.0.1:0"]);
    let mut served = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(served.stderr.take().unwrap()).lines();
    let announced = log.any(|line| line.unwrap().contains("listening on http://127.0.0.1:"));
    served.kill().unwrap();
    served.wait().unwrap();
    assert!(announced);
}

#[test]
fn an_error_that_nobody_can_read_is_still_an_exit_code() {
    let place = Place::new();
    source(&place);
    let mut command = Command::new(BINARY);
    place.choose(&mut command);
    let full = File::options().write(true).open("/dev/full").unwrap();
    command.args(["keys", "revoke", "source-9"]);
    let status = command.stdout(Stdio::null()).stderr(full).status().unwrap();
    assert_eq!(status.code(), Some(1));
}

#[test]
fn a_collector_whose_log_cannot_be_written_serves() {
    let place = Place::new();
    let target = source(&place);
    for redirected in [">/dev/full", ">&-"] {
        let mut command = Command::new("sh");
        let script = format!("exec \"$0\" \"$@\" 2{redirected}");
        command.args(["-c", &script, BINARY]);
        serves_and_ends(Running::start_by(command, &place), &target, redirected);
    }
    let mut command = Command::new(BINARY);
    place.choose(&mut command);
    let (reader, writer) = std::io::pipe().unwrap();
    let running = Running::start_with(command, place.log(), writer.into());
    drop(reader);
    serves_and_ends(running, &target, "a pipe");
}

fn serves_and_ends(mut running: Running, target: &str, log: &str) {
    for head in ["GET /healthz", "GET /readyz"] {
        assert_eq!(running.request(head, "").0, 200, "{log}: {head}");
    }
    assert_eq!(running.request(target, "").0, 400, "{log}");
    running.signal("-TERM");
    assert!(running.child.wait().unwrap().success(), "{log}");
}
