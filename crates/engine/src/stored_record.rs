//! The form of a record in storage: an event, or how long the server asked to wait. A record
//! is one line, which any page of the source can read back.

use natero_event::{
    Priority,
    json::{push_ascii, push_int},
    split_once,
};

use crate::{Millis, Wall, backoff::MAX_WAIT, identity::Missing, queue::Draft, time::BLUR};

/// First character of the record of a wait.
const WAIT: u8 = b'!';

/// Appends an event as a record: its priority as a digit, `a` if it lacks the account,
/// `u` if it lacks the user, and its line.
pub(crate) fn write_record(out: &mut String, draft: &Draft) {
    push_ascii(out, b'0' + draft.priority as u8);
    if draft.missing.account {
        push_ascii(out, b'a');
    }
    if draft.missing.user {
        push_ascii(out, b'u');
    }
    out.push_str(&draft.line);
    push_ascii(out, b'\n');
}

/// Appends the record that the server asked to wait this long from `now` on.
pub(crate) fn write_wait(out: &mut String, wait: Millis, now: Wall) {
    push_ascii(out, WAIT);
    push_int(out, wait.0 as i64);
    push_ascii(out, b'.');
    push_int(out, (now + wait).0 as i64);
    push_ascii(out, b'\n');
}

/// Reads how much longer the server asked to wait. `None`: the wait is over, or this is
/// not such a record. A record that seems to come from the future counts for nothing: the
/// clock was set back since, and pages read the record again and again, each time as a
/// wait from then on.
pub(crate) fn read_wait(record: &str, now: Wall) -> Option<Millis> {
    let (_, wait) = split_once(record, WAIT).filter(|(before, _)| before.is_empty())?;
    let (wait, until) = split_once(wait, b'.')?;
    let remaining = Wall::parse(until)? - now;
    let wait = Millis(Wall::parse(wait)?.0);
    (remaining > Millis::ZERO && remaining <= wait + BLUR).then_some(remaining.min(MAX_WAIT))
}

/// The number of bytes that [`write_record`] appends.
pub(crate) fn record_bytes(draft: &Draft) -> usize {
    let Missing { account, user, .. } = draft.missing;
    1 + usize::from(account) + usize::from(user) + draft.line.len() + 1
}

/// Reads an event back. All scripts of the origin can write to the storage, so it may
/// contain anything. `None`: this is not a record of ours.
pub(crate) fn read_record(record: &str) -> Option<Draft> {
    let priority = match record.bytes().next()? {
        b'0' => Priority::PageView,
        b'1' => Priority::Sync,
        b'2' => Priority::Usage,
        b'3' => Priority::Identify,
        _ => return None,
    };
    let rest = &record[1..];
    let (account, rest) = strip_flag(rest, "a");
    let (user, line) = strip_flag(rest, "u");
    if !matches!(line.as_bytes(), [b'{', _, .., b'}']) {
        return None;
    }
    Some(Draft {
        line: line.to_owned(),
        priority,
        missing: Missing {
            account,
            user,
            ..Missing::default()
        },
    })
}

fn strip_flag<'a>(text: &'a str, prefix: &str) -> (bool, &'a str) {
    match text.strip_prefix(prefix) {
        Some(rest) => (true, rest),
        None => (false, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn draft(priority: Priority, missing: Missing) -> Draft {
        Draft {
            line: r#"{"account_id":"a"}"#.to_owned(),
            priority,
            missing,
        }
    }

    #[test]
    fn a_record_reads_back_as_it_was() {
        use Priority::{Identify, PageView, Sync, Usage};
        for priority in [PageView, Sync, Usage, Identify] {
            for (account, user) in [(false, false), (false, true), (true, false), (true, true)] {
                let missing = Missing {
                    account,
                    user,
                    ..Missing::default()
                };
                let written = draft(priority, missing);
                let mut out = String::new();
                write_record(&mut out, &written);
                assert_eq!(out.len(), record_bytes(&written));
                let read = read_record(out.strip_suffix('\n').unwrap()).unwrap();
                assert_eq!(read.line, written.line);
                assert_eq!((read.priority, read.missing), (priority, missing));
            }
        }
    }

    #[test]
    fn a_wait_reads_back_as_what_is_left_of_it_unless_the_clock_was_set_back() {
        let now = Wall(1_700_000_000_000.0);
        let mut out = String::new();
        write_wait(&mut out, Millis(60_000.0), now);
        let record = out.trim_end();
        let read = |ms: f64| read_wait(record, now + Millis(ms));
        assert_eq!(read(20_000.0), Some(Millis(40_000.0)));
        assert_eq!(read(60_000.0), None);
        assert_eq!(read(-100.0), Some(Millis(60_100.0)));
        assert_eq!(read(-3_600_000.0), None);
        for wrong in ["", ".", "!", "!.", "!1", "!1.x", "2{\"a\":1.5}", "!é.5"] {
            assert_eq!(read_wait(wrong, now), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn foreign_content_is_no_record_and_harms_nobody(text in any::<String>()) {
            if let Some(draft) = read_record(&text) {
                prop_assert_eq!(draft.line.as_bytes()[0], b'{');
            }
        }

        #[test]
        fn a_record_that_was_cut_short_is_no_record(cut in 0usize..20) {
            let mut out = String::new();
            write_record(&mut out, &draft(Priority::Usage, Missing::default()));
            let record = &out[..cut.min(out.len() - 2)];
            prop_assert!(read_record(record).is_none(), "{record}");
        }
    }
}
