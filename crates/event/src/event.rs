use crate::json::{push_ascii, push_int, push_str};

/// One event, borrowed from where its parts live, ready to be written.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    /// The account; empty where it is not known: [`put_identity`] adds it to
    /// the finished line once it is.
    pub account_id: &'a str,
    /// The user; likewise.
    pub user_id: &'a str,
    /// Time of the call or the cause, in ms since the Unix epoch.
    pub created_at: i64,
    /// The session, shared by all tabs of a visitor.
    pub session_id: &'a str,
    /// What happened.
    pub action: Action<'a>,
    /// How many the stream made before: with the stream, what makes `event_id`
    /// unique, the key by which receivers deduplicate.
    pub made: u32,
    /// The browser, across sessions.
    pub visitor_id: &'a str,
    /// The page instance that made the event.
    pub stream_id: &'a str,
}

/// What an event tells. Durations are whole ms of active time; `details` are
/// JSON objects, already serialised. A module, a product and details that are
/// empty are left out.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs, reason = "the fields are the wire's own")]
pub enum Action<'a> {
    /// A feature was used `total` times. `total` is a JSON number.
    Feature {
        feature: &'a str,
        total: &'a str,
        module: &'a str,
        product: &'a str,
        details: &'a str,
    },
    /// Time in a module ended.
    ModuleEnd {
        module: &'a str,
        product: &'a str,
        time_spent: i64,
    },
    /// Active time since the previous `sessionSync`.
    SessionSync { active_duration: i64 },
    /// The user stopped being active.
    SessionIdle,
    /// A page was opened.
    PageView {
        url: &'a str,
        title: &'a str,
        referrer: &'a str,
    },
    /// A page was left.
    PageViewEnd { url: &'a str, time_spent: i64 },
    /// What is known of the user.
    IdentifyUser { details: &'a str },
    /// What is known of the account.
    IdentifyAccount { details: &'a str },
}

/// How much an event is worth keeping when not all can be kept, lowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// Page views.
    PageView,
    /// Session time.
    Sync,
    /// Product usage: features and module times.
    Usage,
    /// Identifications.
    Identify,
}

impl Action<'_> {
    /// The `action` field.
    pub fn name(&self) -> &'static str {
        match self {
            Action::Feature { .. } => "feature",
            Action::ModuleEnd { .. } => "moduleEnd",
            Action::SessionSync { .. } => "sessionSync",
            Action::SessionIdle => "sessionIdle",
            Action::PageView { .. } => "pageView",
            Action::PageViewEnd { .. } => "pageViewEnd",
            Action::IdentifyUser { .. } => "identifyUser",
            Action::IdentifyAccount { .. } => "identifyAccount",
        }
    }
}

impl Action<'_> {
    /// What the event is worth.
    pub fn value(&self) -> Value {
        match self {
            Action::PageView { .. } | Action::PageViewEnd { .. } => Value::PageView,
            Action::SessionSync { .. } | Action::SessionIdle => Value::Sync,
            Action::Feature { .. } | Action::ModuleEnd { .. } => Value::Usage,
            Action::IdentifyUser { .. } | Action::IdentifyAccount { .. } => Value::Identify,
        }
    }
}

impl Event<'_> {
    /// Appends the event as one line of JSON, without `seq` and without a line
    /// end. [`close_line`] adds `seq` once it is sure that the event is kept.
    pub fn write(&self, out: &mut String) {
        push_ascii(out, b'{');
        optional(out, "account_id", self.account_id);
        optional(out, "user_id", self.user_id);
        int(out, "created_at", self.created_at);
        text(out, "session_id", self.session_id);
        text(out, "action", self.action.name());
        self.action.write(out);
        key(out, "event_id");
        push_ascii(out, b'"');
        out.push_str(self.stream_id);
        push_ascii(out, b'-');
        push_int(out, i64::from(self.made));
        push_ascii(out, b'"');
        text(out, "visitor_id", self.visitor_id);
        text(out, "stream_id", self.stream_id);
        push_ascii(out, b'}');
    }
}

impl Action<'_> {
    fn write(&self, out: &mut String) {
        match *self {
            Action::Feature {
                feature,
                total,
                module,
                product,
                details,
            } => {
                text(out, "feature", feature);
                raw(out, "total", total);
                optional(out, "module", module);
                optional(out, "product", product);
                raw(out, "details", details);
            }
            Action::ModuleEnd {
                module,
                product,
                time_spent,
            } => {
                text(out, "module", module);
                optional(out, "product", product);
                int(out, "time_spent", time_spent);
            }
            Action::SessionSync { active_duration } => {
                int(out, "active_duration", active_duration);
            }
            Action::SessionIdle => {}
            Action::PageView {
                url,
                title,
                referrer,
            } => {
                text(out, "url", url);
                text(out, "title", title);
                text(out, "referrer", referrer);
            }
            Action::PageViewEnd { url, time_spent } => {
                text(out, "url", url);
                int(out, "time_spent", time_spent);
            }
            Action::IdentifyUser { details } | Action::IdentifyAccount { details } => {
                let details = if details.is_empty() { "{}" } else { details };
                raw(out, "details", details);
            }
        }
    }
}

/// Puts what a line was written without in front of it; what is empty was
/// there.
pub fn put_identity(line: &str, account_id: &str, user_id: &str) -> String {
    let mut out = String::new();
    push_ascii(&mut out, b'{');
    optional(&mut out, "account_id", account_id);
    optional(&mut out, "user_id", user_id);
    push_ascii(&mut out, b',');
    out.push_str(&line[1..]);
    out
}

/// Adds `seq` as the last field of a written line.
pub fn close_line(line: &mut String, seq: u32) {
    line.truncate(line.len() - 1);
    int(line, "seq", i64::from(seq));
    push_ascii(line, b'}');
}

fn key(out: &mut String, name: &str) {
    if out.as_bytes().last() != Some(&b'{') {
        push_ascii(out, b',');
    }
    push_ascii(out, b'"');
    out.push_str(name);
    out.push_str("\":");
}

fn text(out: &mut String, name: &str, value: &str) {
    key(out, name);
    push_str(out, value);
}

fn optional(out: &mut String, name: &str, value: &str) {
    if !value.is_empty() {
        text(out, name, value);
    }
}

fn raw(out: &mut String, name: &str, json: &str) {
    if !json.is_empty() {
        key(out, name);
        out.push_str(json);
    }
}

fn int(out: &mut String, name: &str, value: i64) {
    key(out, name);
    push_int(out, value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

    fn event(action: Action<'_>) -> String {
        let mut line = String::new();
        Event {
            account_id: "acme",
            user_id: "ann",
            created_at: 1_700_000_000_000,
            session_id: "s",
            action,
            made: 3,
            visitor_id: "v",
            stream_id: "t",
        }
        .write(&mut line);
        line
    }

    fn read(line: &str) -> Json {
        serde_json::from_str(line).unwrap()
    }

    #[test]
    fn a_feature_event_has_exactly_the_fields_of_the_contract() {
        let mut line = event(Action::Feature {
            feature: "add \"widget\"",
            total: "2.5",
            module: "dash",
            product: "studio",
            details: r#"{"size":"xl"}"#,
        });
        close_line(&mut line, 7);
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
        let line = event(Action::ModuleEnd {
            module: "m",
            product: "",
            time_spent: 12,
        });
        let read = read(&line);
        assert_eq!(read["time_spent"], 12);
        assert!(read.get("product").is_none());
    }

    #[test]
    fn identity_is_put_in_front_of_a_line_that_waited_for_it() {
        let mut line = String::new();
        Event {
            account_id: "",
            user_id: "u",
            created_at: 1,
            session_id: "s",
            action: Action::SessionIdle,
            made: 3,
            visitor_id: "v",
            stream_id: "t",
        }
        .write(&mut line);
        let line = put_identity(&line, "a\"c", "");
        assert!(line.starts_with(r#"{"account_id":"a\"c","user_id":"u","created_at":1"#));
        assert_eq!(read(&line)["action"], "sessionIdle");
    }
}
