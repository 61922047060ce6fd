//! Problems of the data, each with who caused it, where and since when.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    loss::{ImplausibleStream, LossReport, Owned, StreamOwner},
    tree::Tree,
};

/// Events of an account that has child accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NonLeafUsage {
    /// Id of the account.
    pub account_id: String,
    /// Its name.
    pub account_name: Option<String>,
    /// Number of active child accounts.
    pub children: i64,
    /// The events that do not count.
    pub events: Uncounted,
    /// Number of different users.
    pub users: usize,
}

/// Events of a user in an account to which the user does not belong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserConflict {
    /// Id of the user.
    pub user_id: String,
    /// Id of the account that the events name.
    pub account_id: String,
    /// Its name.
    pub account_name: Option<String>,
    /// Id of the account to which the user belongs.
    pub home_id: String,
    /// Its name.
    pub home_name: Option<String>,
    /// The events that do not count.
    pub events: Uncounted,
}

/// How many events do not count, and when they were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uncounted {
    /// Number of events.
    pub events: i64,
    /// The quarter of an hour of the first, in ms since the Unix epoch.
    pub first_at: i64,
    /// The quarter of an hour of the last, in ms since the Unix epoch.
    pub last_at: i64,
}

impl Uncounted {
    /// Adds other events.
    pub(in crate::store) fn add(&mut self, other: Uncounted) {
        self.events = self.events.saturating_add(other.events);
        self.first_at = self.first_at.min(other.first_at);
        self.last_at = self.last_at.max(other.last_at);
    }
}

/// Usage that does not count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UncountedUsage {
    /// Usage of accounts that have child accounts.
    pub non_leaf: Vec<NonLeafUsage>,
    /// Usage of users who belong to another account.
    pub conflicts: Vec<UserConflict>,
}

/// An account that exists only because others name it as their parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhantomParent {
    /// Its id.
    pub account_id: String,
    /// Number of its child accounts.
    pub children: i64,
    /// Name or id of one of them.
    pub example: String,
}

/// An account with usage that exists only because events name it: no request and no identification
/// has described it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamelessAccount {
    /// Its id.
    pub account_id: String,
    /// Number of users who belong to it.
    pub users: i64,
}

/// The events of an account that were lost in transit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountLoss {
    /// Id of the account; `None` for streams of which no event is stored.
    pub account_id: Option<String>,
    /// Its name.
    pub account_name: Option<String>,
    /// Number of events that were made and have not arrived.
    pub missing: i64,
    /// Number of events made in the streams that have losses.
    pub made: i64,
    /// Number of streams with losses.
    pub streams: i64,
    /// Number of different users.
    pub users: usize,
    /// When the first of the streams began, in ms since the Unix epoch.
    pub first_at: i64,
}

/// Maximum number of streams whose losses are summed up by account: those with the most missing
/// events.
pub(in crate::store) const MAX_STREAMS: i64 = 1000;

/// The missing events of a stream.
#[derive(Debug)]
pub(in crate::store) struct StreamLoss {
    /// Number of events that it made.
    pub(in crate::store) made: i64,
    /// Number of events that have not arrived.
    pub(in crate::store) missing: i64,
    /// When it began, in ms since the Unix epoch.
    pub(in crate::store) first_at: i64,
}

/// Losses by account.
#[derive(Debug, Default)]
pub(in crate::store) struct Losses(BTreeMap<Option<String>, (AccountLoss, BTreeSet<String>)>);

impl Losses {
    /// Adds the missing events of a stream to those of its owner.
    pub(in crate::store) fn add(&mut self, stream: &StreamLoss, owner: Option<StreamOwner>) {
        let account_id = owner.as_ref().map(|owner| owner.account_id.clone());
        let (loss, users) = self.0.entry(account_id.clone()).or_insert_with(|| {
            let loss = AccountLoss {
                account_id,
                account_name: owner.as_ref().and_then(|owner| owner.account_name.clone()),
                missing: 0,
                made: 0,
                streams: 0,
                users: 0,
                first_at: stream.first_at,
            };
            (loss, BTreeSet::new())
        });
        loss.missing += stream.missing;
        loss.made += stream.made;
        loss.streams += 1;
        loss.first_at = loss.first_at.min(stream.first_at);
        users.extend(owner.map(|owner| owner.user_id));
    }

    /// The losses of each account.
    pub(in crate::store) fn finish(self) -> Vec<AccountLoss> {
        let losses = self.0.into_values();
        losses
            .map(|(loss, users)| AccountLoss {
                users: users.len(),
                ..loss
            })
            .collect()
    }
}

/// Lines that were refused for the same reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Name of the source that sent them, or its id.
    pub source: String,
    /// The reason, as it was reported for the latest of them.
    pub reason: String,
    /// The account that they name, if it could be read.
    pub account_id: Option<String>,
    /// Number of lines.
    pub lines: i64,
    /// When the first arrived, in ms since the Unix epoch.
    pub first_at: i64,
    /// When the last arrived.
    pub last_at: i64,
}

/// Maximum number of undescribed accounts that are listed: of those with usage, and of those to which
/// nothing refers.
pub(in crate::store) const MAX_UNDESCRIBED: i64 = 1000;

/// What the page for the quality of the data shows.
#[derive(Debug, Clone)]
pub struct QualityPage {
    /// The tree.
    pub tree: Tree,
    /// Usage that does not count.
    pub uncounted: UncountedUsage,
    /// Accounts that exist only because others name them as their parent.
    pub phantoms: Vec<PhantomParent>,
    /// Accounts with usage that no request or event has described, ordered by id.
    pub nameless: Vec<NamelessAccount>,
    /// Ids of accounts that no request or event has described, and that nothing refers to any more:
    /// no event, user, record or child account.
    pub undescribed: Vec<String>,
    /// Lines that were refused.
    pub refusals: Vec<Refusal>,
    /// Events that were lost.
    pub losses: Vec<AccountLoss>,
    /// Streams whose numbers cannot all be genuine.
    pub implausible: Vec<Owned<ImplausibleStream>>,
    /// The loss of all streams.
    pub loss: LossReport,
}
