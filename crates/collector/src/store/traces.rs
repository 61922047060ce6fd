//! What events leave behind outside their own tables and figures: identifications, users and
//! accounts that they named first, and their share of the stream records.

use std::collections::{BTreeMap, BTreeSet};

use natero_event::received;
use serde_json::{Map, Value};

use super::identification::Subject;
use crate::model::stream_record::StreamEvents;

/// The traces of events that are about to be deleted.
#[derive(Debug, Default)]
pub(in crate::store) struct Traces {
    /// The users that they named.
    pub(in crate::store) users: BTreeSet<String>,
    /// The accounts that they named.
    pub(in crate::store) accounts: BTreeSet<String>,
    /// The identifications among them.
    pub(in crate::store) identifications: Vec<Identification>,
    /// The accounts and users that identifications of trusted sources described. Their values are
    /// merged with those of the Account API, so they cannot be taken back.
    pub(in crate::store) described: BTreeSet<(Subject, String)>,
    /// The events that have a `seq`, by stream.
    pub(in crate::store) streams: BTreeMap<String, StreamEvents>,
}

/// What an identification says.
#[derive(Debug)]
pub(in crate::store) struct Said {
    pub(in crate::store) subject: Subject,
    pub(in crate::store) details: Map<String, Value>,
    /// Whether it was applied, and its source is trusted.
    pub(in crate::store) is_trusted: bool,
}

/// The contents of one identification.
#[derive(Debug)]
pub(in crate::store) struct Identification {
    pub(in crate::store) subject: Subject,
    pub(in crate::store) account_id: String,
    pub(in crate::store) user_id: String,
    pub(in crate::store) details: Map<String, Value>,
    pub(in crate::store) at: i64,
    pub(in crate::store) stream: Option<String>,
}

impl Traces {
    /// Adds the traces of an event. `identified` is set when it is an identification.
    pub(in crate::store) fn add(
        &mut self,
        (account_id, user_id, stream): (String, String, Option<String>),
        seq: Option<u32>,
        identified: Option<Said>,
        at: i64,
    ) {
        if let (Some(stream), Some(seq)) = (&stream, seq) {
            let events = self.streams.entry(stream.clone()).or_default();
            events.add(seq, at);
        }
        self.users.insert(user_id.clone());
        self.accounts.insert(account_id.clone());
        if let Some(said) = identified {
            let Said {
                subject,
                details,
                is_trusted,
            } = said;
            if is_trusted {
                let id = match subject {
                    Subject::Account => &account_id,
                    Subject::User => &user_id,
                };
                self.described.insert((subject, id.clone()));
            }
            let parent = details.get("parent_account_id").and_then(received::id);
            self.accounts
                .extend(parent.filter(|_| subject == Subject::Account));
            self.identifications.push(Identification {
                subject,
                account_id,
                user_id,
                details,
                at,
                stream,
            });
        }
    }
}
