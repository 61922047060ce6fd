//! Writes events, and holds those that `beforeSend` has not decided on.

use natero_event::{Action, Event, append_seq};

use crate::{Identity, Session, Wall, queue::Draft, random::Random};

/// Writes the events of one stream, which is one page instance.
#[derive(Debug)]
pub(crate) struct Recorder {
    stream: String,
    /// Events written, dropped ones included: part of `event_id`.
    written: u32,
    /// The next `seq`. It counts only what was queued, so that what `beforeSend`
    /// drops leaves no gap and what is lost does.
    next_seq: u32,
    /// Events that `beforeSend` has not decided on, oldest first.
    undecided: Vec<Draft>,
    /// How many of them were written because the page is about to go.
    unloading: usize,
}

/// What is to be done with the event that `beforeSend` decided on.
#[derive(Debug)]
pub(crate) struct Decided {
    /// The event.
    pub draft: Draft,
    /// It was the last of those that have to leave before the page does.
    pub last_before_unload: bool,
}

impl Recorder {
    pub fn new(random: &mut Random) -> Recorder {
        Recorder {
            stream: random.id(),
            written: 0,
            next_seq: 0,
            undecided: Vec::new(),
            unloading: 0,
        }
    }

    pub fn stream(&self) -> &str {
        &self.stream
    }

    /// Goes on as a new stream.
    pub fn begin_stream(&mut self, random: &mut Random) {
        self.stream = random.id();
        self.written = 0;
        self.next_seq = 0;
    }

    /// Writes an event of this time.
    pub fn write(
        &mut self,
        identity: &Identity,
        session: &Session,
        now: Wall,
        action: Action<'_>,
    ) -> Draft {
        // A line is 300 bytes and a bit with ids of common length.
        let mut line = String::with_capacity(384);
        Event {
            account_id: identity.account(),
            user_id: identity.user(),
            created_at: now.0 as i64,
            session_id: session.id(),
            action,
            ordinal: self.written,
            visitor_id: session.visitor(),
            stream_id: &self.stream,
        }
        .write(&mut line);
        self.written += 1;
        Draft {
            line,
            priority: action.kind().priority(),
            missing: identity.missing(),
        }
    }

    /// Gives an event that is sure to be queued its place in the stream.
    pub fn append_seq(&mut self, draft: &mut Draft) {
        append_seq(&mut draft.line, self.next_seq);
        self.next_seq += 1;
    }

    /// Holds an event until `beforeSend` has decided on it.
    pub fn hold(&mut self, draft: Draft) {
        self.undecided.push(draft);
    }

    /// Notes that the page is about to go: what is held has to leave as soon as
    /// it is decided on.
    pub fn unload(&mut self) {
        self.unloading = self.undecided.len();
    }

    /// Takes the oldest event that is held, for `beforeSend` has decided on it.
    pub fn decided(&mut self) -> Option<Decided> {
        if self.undecided.is_empty() {
            return None;
        }
        let draft = self.undecided.remove(0);
        let last_before_unload = self.unloading == 1;
        self.unloading = self.unloading.saturating_sub(1);
        Some(Decided {
            draft,
            last_before_unload,
        })
    }
}
