//! Writes an event as a line of JSON.

use crate::{
    Action, Id,
    json::{push_ascii, push_int, push_str},
    text::split_once,
};

/// One event, ready to be written. It borrows its parts.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    /// The account. `None`: not known yet; [`insert_identity`] adds it to the
    /// finished line once it is.
    pub account_id: Option<Id<'a>>,
    /// The user, in the same way.
    pub user_id: Option<Id<'a>>,
    /// When the call or its cause happened, in ms since the Unix epoch.
    pub created_at: i64,
    /// The session, shared by all tabs of a visitor.
    pub session_id: &'a str,
    /// What happened.
    pub action: Action<'a>,
    /// How many events the stream recorded before this one. Together with the stream id
    /// it makes `event_id` unique, the key by which receivers deduplicate.
    pub ordinal: u32,
    /// The browser, recognised across sessions.
    pub visitor_id: &'a str,
    /// The page instance that recorded the event.
    pub stream_id: &'a str,
}

impl Event<'_> {
    /// Appends the event as one line of JSON, without `seq` and without a line
    /// end. [`append_seq`] adds `seq` once the event is sure to be kept.
    pub fn write(&self, out: &mut String) {
        push_ascii(out, b'{');
        write_id(out, "account_id", self.account_id);
        write_id(out, "user_id", self.user_id);
        write_int(out, "created_at", self.created_at);
        write_text(out, "session_id", self.session_id);
        write_text(out, "action", self.action.kind().name());
        write_action(out, &self.action);
        write_key(out, "event_id");
        push_ascii(out, b'"');
        out.push_str(self.stream_id);
        push_ascii(out, b'-');
        push_int(out, i64::from(self.ordinal));
        push_ascii(out, b'"');
        write_text(out, "visitor_id", self.visitor_id);
        write_text(out, "stream_id", self.stream_id);
        push_ascii(out, b'}');
    }
}

fn write_action(out: &mut String, action: &Action<'_>) {
    match *action {
        Action::Feature {
            feature,
            total,
            module,
            product,
            details,
        } => {
            write_text(out, "feature", feature.as_str());
            write_json(out, "total", total.0);
            write_id(out, "module", module);
            write_id(out, "product", product);
            if let Some(details) = details {
                write_json(out, "details", details.0);
            }
        }
        Action::ModuleEnd {
            module,
            product,
            time_spent,
        } => {
            write_text(out, "module", module.as_str());
            write_id(out, "product", product);
            write_int(out, "time_spent", time_spent);
        }
        Action::SessionSync { active_duration } => {
            write_int(out, "active_duration", active_duration);
        }
        Action::SessionIdle => {}
        Action::PageView {
            url,
            title,
            referrer,
        } => {
            write_text(out, "url", url);
            write_text(out, "title", title);
            write_text(out, "referrer", referrer);
        }
        Action::PageViewEnd { url, time_spent } => {
            write_text(out, "url", url);
            write_int(out, "time_spent", time_spent);
        }
        Action::IdentifyUser { details } | Action::IdentifyAccount { details } => {
            write_json(out, "details", details.map_or("{}", |details| details.0));
        }
    }
}

/// Inserts ids at the beginning of a line that was written without them. Pass `None` for
/// an id that the line already has.
pub fn insert_identity(line: &str, account_id: Option<Id<'_>>, user_id: Option<Id<'_>>) -> String {
    let mut out = String::new();
    push_ascii(&mut out, b'{');
    write_id(&mut out, "account_id", account_id);
    write_id(&mut out, "user_id", user_id);
    push_ascii(&mut out, b',');
    out.push_str(&line[1..]);
    out
}

/// Whether a written line names another account than this one. If `beforeSend` put
/// another field first, the line counts as naming none.
pub fn names_other_account(line: &str, account_id: Id<'_>) -> bool {
    let mut begin = String::from("{");
    write_id(&mut begin, "account_id", Some(account_id));
    line.starts_with("{\"account_id\":") && !line.starts_with(&begin)
}

/// The `event_id` of a written line. Everything that a page can choose comes before it.
pub fn event_id(line: &str) -> Option<&str> {
    const KEY: &[u8] = b"\"event_id\":\"";
    let mut windows = line.as_bytes().windows(KEY.len());
    let from = windows.rposition(|bytes| bytes == KEY)? + KEY.len();
    Some(split_once(line.get(from..)?, b'"')?.0)
}

/// Appends `seq` as the last field of a written line.
pub fn append_seq(line: &mut String, seq: u32) {
    line.truncate(line.len() - 1);
    write_int(line, "seq", i64::from(seq));
    push_ascii(line, b'}');
}

fn write_key(out: &mut String, name: &str) {
    if out.as_bytes().last() != Some(&b'{') {
        push_ascii(out, b',');
    }
    push_ascii(out, b'"');
    out.push_str(name);
    out.push_str("\":");
}

fn write_text(out: &mut String, name: &str, value: &str) {
    write_key(out, name);
    push_str(out, value);
}

fn write_id(out: &mut String, name: &str, id: Option<Id<'_>>) {
    if let Some(id) = id {
        write_text(out, name, id.as_str());
    }
}

fn write_json(out: &mut String, name: &str, json: &str) {
    write_key(out, name);
    out.push_str(json);
}

fn write_int(out: &mut String, name: &str, value: i64) {
    write_key(out, name);
    push_int(out, value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Json, Number};
    use serde_json::{Value, json};

    fn event(account_id: Option<Id<'_>>, action: Action<'_>) -> String {
        let mut line = String::new();
        Event {
            account_id,
            user_id: Id::new("ann"),
            created_at: 1_700_000_000_000,
            session_id: "s",
            action,
            ordinal: 3,
            visitor_id: "v",
            stream_id: "t",
        }
        .write(&mut line);
        line
    }

    fn read(line: &str) -> Value {
        serde_json::from_str(line).unwrap()
    }

    #[test]
    fn a_feature_event_has_exactly_the_fields_of_the_contract() {
        let mut line = event(
            Id::new("acme"),
            Action::Feature {
                feature: Id::new("add \"widget\"").unwrap(),
                total: Number("2.5"),
                module: Id::new("dash"),
                product: Id::new("studio"),
                details: Some(Json(r#"{"size":"xl"}"#)),
            },
        );
        append_seq(&mut line, 7);
        assert_eq!(
            read(&line),
            json!({
                "account_id": "acme", "user_id": "ann", "created_at": 1_700_000_000_000_i64,
                "session_id": "s", "action": "feature", "feature": "add \"widget\"", "total": 2.5,
                "module": "dash", "product": "studio", "details": {"size": "xl"},
                "event_id": "t-3", "visitor_id": "v", "stream_id": "t", "seq": 7
            })
        );
    }

    #[test]
    fn absent_module_and_product_are_left_out() {
        let action = Action::ModuleEnd {
            module: Id::new("m").unwrap(),
            product: None,
            time_spent: 12,
        };
        let read = read(&event(Id::new("acme"), action));
        assert_eq!(read["time_spent"], 12);
        assert!(read.get("product").is_none());
    }

    #[test]
    fn the_id_of_an_event_is_found_behind_what_the_page_chose() {
        let action = Action::Feature {
            feature: Id::new("f").unwrap(),
            total: Number::ONE,
            module: None,
            product: None,
            details: Some(Json(r#"{"event_id":"of the page"}"#)),
        };
        let mut line = event(Id::new("acme"), action);
        append_seq(&mut line, 7);
        assert_eq!(event_id(&line), Some("t-3"));
        assert_eq!(event_id(r#"{"event_id":7}"#), None);
        assert_eq!(event_id(r#"{"event_id":"cut"#), None);
    }

    #[test]
    fn identity_is_inserted_in_front_of_a_line_that_waited_for_it() {
        let line = event(None, Action::SessionIdle);
        let line = insert_identity(&line, Id::new("a\"c"), None);
        assert!(line.starts_with(r#"{"account_id":"a\"c","user_id":"ann","created_at":17"#));
        assert_eq!(read(&line)["action"], "sessionIdle");
    }
}
