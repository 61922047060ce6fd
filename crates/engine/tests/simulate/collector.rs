//! A collector that counts each event once, and a network in front of it.

use std::collections::BTreeMap;

/// What the server does at present.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Mood {
    Well,
    /// 500 to everything.
    Broken,
    /// 503 with `Retry-After`, in ms.
    Overloaded(f64),
    /// 413 to bodies over so many bytes.
    Narrow(usize),
}

/// Events received, by `event_id`.
#[derive(Default)]
pub struct Collector {
    pub received: BTreeMap<String, String>,
    pub duplicates: u64,
}

/// The value of a text field of a line.
pub fn field<'a>(line: &'a str, name: &str) -> &'a str {
    let key = format!("\"{name}\":\"");
    let from = line.find(&key).map_or(line.len(), |at| at + key.len());
    line[from..].split('"').next().unwrap_or("")
}

impl Collector {
    /// Takes a batch: status and `Retry-After`.
    pub fn post(&mut self, mood: Mood, body: &str) -> (u16, f64) {
        match mood {
            Mood::Broken => return (500, 0.0),
            Mood::Overloaded(wait) => return (503, wait),
            Mood::Narrow(most) if body.len() > most => return (413, 0.0),
            Mood::Narrow(_) | Mood::Well => {}
        }
        for line in body.lines() {
            let id = field(line, "event_id").to_owned();
            assert!(
                !id.is_empty() && line.ends_with('}'),
                "a whole event: {line}"
            );
            assert!(
                line.starts_with("{\"account_id\":\"acme\",\"user_id\":\"ann\""),
                "{line}"
            );
            match self.received.get(&id) {
                Some(before) => {
                    assert_eq!(before, line, "two different events share an id");
                    self.duplicates += 1;
                }
                None => {
                    self.received.insert(id, line.to_owned());
                }
            }
        }
        (200, 0.0)
    }
}
