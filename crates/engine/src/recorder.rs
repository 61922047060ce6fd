//! Records events, and holds those that `beforeSend` has not decided on.

use natero_event::{Action, Event, append_seq};

use crate::{Identity, Session, Wall, queue::Draft, random::Random};

/// Records the events of one stream, which is one instance of a page.
#[derive(Debug)]
pub(crate) struct Recorder {
    stream: String,
    /// Events recorded, including dropped ones. This number is part of `event_id`.
    written: u32,
    /// The next `seq`. It counts only queued events, so an event that `beforeSend` drops
    /// leaves no gap and a lost one does.
    next_seq: u32,
    /// Events that `beforeSend` has not decided on, oldest first.
    undecided: Vec<Draft>,
    /// How many of these must leave before the page does.
    undecided_at_unload: usize,
}

/// An event that `beforeSend` has decided on.
#[derive(Debug)]
pub(crate) struct FilteredEvent {
    /// The event.
    pub draft: Draft,
    /// It was the last one that must leave before the page does.
    pub last_before_unload: bool,
}

impl Recorder {
    pub fn new(random: &mut Random) -> Recorder {
        Recorder {
            stream: random.id(),
            written: 0,
            next_seq: 0,
            undecided: Vec::new(),
            undecided_at_unload: 0,
        }
    }

    pub fn stream(&self) -> &str {
        &self.stream
    }

    /// Continues as a new stream.
    pub fn begin_stream(&mut self, random: &mut Random) {
        self.stream = random.id();
        self.written = 0;
        self.next_seq = 0;
    }

    /// Records an event at this time.
    pub fn write(
        &mut self,
        identity: &Identity,
        session: &Session,
        now: Wall,
        action: Action<'_>,
    ) -> Draft {
        // With ids of usual length, a line takes a little over 300 bytes.
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

    /// Appends the next `seq` to an event that is sure to be queued.
    pub fn append_seq(&mut self, draft: &mut Draft) {
        append_seq(&mut draft.line, self.next_seq);
        self.next_seq += 1;
    }

    /// Keeps an event until `beforeSend` has decided on it.
    pub fn await_decision(&mut self, draft: Draft) {
        self.undecided.push(draft);
    }

    /// Notes that the page is about to go. Undecided events must leave as soon as they are
    /// decided on.
    pub fn unload(&mut self) {
        self.undecided_at_unload = self.undecided.len();
    }

    /// Takes the oldest undecided event, which `beforeSend` has decided on.
    pub fn take_decided(&mut self) -> Option<FilteredEvent> {
        if self.undecided.is_empty() {
            return None;
        }
        let draft = self.undecided.remove(0);
        let last_before_unload = self.undecided_at_unload == 1;
        self.undecided_at_unload = self.undecided_at_unload.saturating_sub(1);
        Some(FilteredEvent {
            draft,
            last_before_unload,
        })
    }
}
