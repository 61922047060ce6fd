//! A collector that counts each event once, behind a faulty network.

use std::collections::BTreeMap;

/// How the server behaves at present.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Mood {
    Well,
    /// Answers 500 to everything.
    Broken,
    /// Answers 503 with a `Retry-After` of this many ms.
    Overloaded(f64),
    /// A status that a deployment causes for a while.
    Passing(u16),
    /// Takes requests and answers none.
    Silent,
    /// Answers 413 to bodies over this many bytes.
    Narrow(usize),
}

/// Events received, by `event_id`.
#[derive(Default)]
pub struct Collector {
    /// It answers which of the events it is asked about it lacks.
    pub understands_asked: bool,
    pub received: BTreeMap<String, String>,
    pub duplicates: u64,
}

/// Its answer.
pub struct Reply {
    pub status: u16,
    /// `Retry-After`, in ms; 0 where there is none.
    pub wait: f64,
    pub lacking: Option<String>,
}

impl Reply {
    fn status(status: u16, wait: f64) -> Option<Reply> {
        Some(Reply {
            status,
            wait,
            lacking: None,
        })
    }
}

/// The value of a text field of a line.
pub fn field<'a>(line: &'a str, name: &str) -> &'a str {
    let key = format!("\"{name}\":\"");
    let from = line.find(&key).map_or(line.len(), |at| at + key.len());
    line[from..].split('"').next().unwrap_or("")
}

impl Collector {
    /// Takes a batch. `None`: it does not answer.
    pub fn post(&mut self, mood: Mood, body: &str, asked: &str) -> Option<Reply> {
        match mood {
            Mood::Broken => return Reply::status(500, 0.0),
            Mood::Overloaded(wait) => return Reply::status(503, wait),
            Mood::Passing(status) => return Reply::status(status, 0.0),
            Mood::Silent => return None,
            Mood::Narrow(most) if body.len() > most => return Reply::status(413, 0.0),
            Mood::Narrow(_) | Mood::Well => {}
        }
        if !self.understands_asked && body.is_empty() {
            return Reply::status(400, 0.0);
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
        let lacks = |id: &&str| !self.received.contains_key(*id);
        let lacking: Vec<&str> = asked.split(',').filter(lacks).collect();
        Some(Reply {
            status: 200,
            wait: 0.0,
            lacking: (self.understands_asked && !asked.is_empty()).then(|| lacking.join(",")),
        })
    }
}
