//! The fields of accounts and users in two layers: what the Account API and trusted sources
//! set, and what public sources set, whose keys anybody can read.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{
    account::{Account, AccountPatch},
    change::{Change, Precedence},
    public_fields::PublicFields,
    record::RecordError,
    remaining_fields::RemainingFields,
    trust::{Trust, parent_change},
    user::{User, UserPatch},
};

/// Something that both layers describe: an account or a user.
pub trait Described: Default + DeserializeOwned {
    /// The changes to it.
    type Patch;

    /// Applies changes.
    ///
    /// # Errors
    /// Why the changes cannot be applied; nothing is changed then.
    fn apply(&mut self, patch: Self::Patch, precedence: Precedence) -> Result<(), RecordError>;

    /// Names of the fields that a patch clears.
    fn cleared(patch: &Self::Patch) -> Vec<String>;

    /// A copy whose empty fields are filled from the public layer.
    #[must_use]
    fn filled(&self, public: &PublicFields) -> Self;

    /// Its columns in the database by name, without `details`.
    fn columns(&self) -> Vec<(&'static str, Value)>;

    /// All other fields.
    fn details(&self) -> &Map<String, Value>;
}

/// Both layers of an account or a user.
#[derive(Debug, Default)]
pub struct Layers<T> {
    /// What the Account API and trusted sources set.
    pub own: T,
    /// What public sources set.
    pub public: PublicFields,
    /// Time of the newest change of the own layer, in ms since the Unix epoch.
    pub details_at: i64,
    /// For an account that the Account API or a trusted source has made a top account: when it
    /// did so, in ms since the Unix epoch. An earlier identification that arrives later does not
    /// take this for a gap to fill.
    parent_cleared_at: Option<i64>,
}

/// What is stored beside the fields of the own layer.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OwnMetadata {
    parent_cleared_at: Option<i64>,
}

const PARENT_CLEARED_AT: &str = "parent_cleared_at";

/// Both layers in the form in which they are stored.
#[derive(Debug)]
pub struct StoredLayers {
    /// The combined values by column, without `details`.
    pub columns: Vec<(&'static str, Value)>,
    /// All other fields of the combined layers: a JSON object.
    pub details: String,
    /// Time of the newest change of the own layer, in ms since the Unix epoch.
    pub details_at: i64,
    /// The own layer: a JSON object.
    pub own: String,
    /// The public layer: a JSON object.
    pub public: String,
}

impl<T: Described> Layers<T> {
    /// Reads stored layers, which are JSON objects.
    pub fn read(own: &str, public: &str, details_at: i64) -> Self {
        let beside: OwnMetadata = serde_json::from_str(own).unwrap_or_default();
        Layers {
            own: serde_json::from_str(own).unwrap_or_default(),
            public: serde_json::from_str(public).unwrap_or_default(),
            details_at,
            parent_cleared_at: beside.parent_cleared_at,
        }
    }

    /// Whether a change made at `at` replaces fields of the own layer, or only fills empty
    /// ones.
    pub fn precedence(&self, at: i64) -> Precedence {
        if at >= self.details_at {
            Precedence::Newer
        } else {
            Precedence::Older
        }
    }

    /// Applies a record of the Account API at `now`.
    ///
    /// # Errors
    /// Why the record is rejected.
    pub fn put(&mut self, patch: T::Patch, now: i64) -> Result<(), RecordError> {
        self.public
            .clear(T::cleared(&patch).iter().map(String::as_str), now);
        self.own.apply(patch, Precedence::Newer)?;
        self.details_at = now;
        Ok(())
    }

    /// Applies a change by a trusted source, made at `at`. A change that cannot be applied is
    /// ignored.
    pub fn add_trusted(&mut self, patch: T::Patch, at: i64) {
        if self.own.apply(patch, self.precedence(at)).is_ok() {
            self.details_at = at.max(self.details_at);
        }
    }

    /// Records that the Account API or a trusted source has changed the parent at `at`.
    pub fn record_parent_change<P>(&mut self, parent: &Change<P>, at: i64) {
        self.parent_cleared_at = match parent {
            Change::Keep => return,
            Change::Clear => Some(at),
            Change::Set(_) => None,
        };
        self.public.forget_parent(at);
    }

    /// Takes back something that public sources set. `remove` removes it and returns the
    /// names of the fields. These are filled again from `remaining`, the identifications that
    /// are left.
    ///
    /// Returns whether the account's current parent was set by what was removed. If somebody
    /// else has set a parent since, the note about the earlier one is already gone.
    #[must_use]
    pub fn take_back<E: Clone>(
        &mut self,
        remove: impl FnOnce(&mut PublicFields) -> Vec<String>,
        remaining: Option<&RemainingFields<E>>,
    ) -> bool {
        let had_parent = self.public.has_recorded_parent();
        let fields = remove(&mut self.public);
        if let Some(remaining) = remaining {
            self.public.refill(&fields, remaining);
        }
        had_parent && !self.public.has_recorded_parent()
    }

    /// The layers in the form in which they are stored.
    pub fn stored(&self) -> StoredLayers {
        let shown = self.own.filled(&self.public);
        let mut own: Map<String, Value> = (self.own.columns().into_iter())
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        own.insert("details".to_owned(), self.own.details().clone().into());
        if let Some(at) = self.parent_cleared_at {
            own.insert(PARENT_CLEARED_AT.to_owned(), at.into());
        }
        StoredLayers {
            columns: shown.columns(),
            details: serde_json::to_string(shown.details()).unwrap_or_default(),
            details_at: self.details_at,
            own: serde_json::to_string(&own).unwrap_or_default(),
            public: serde_json::to_string(&self.public).unwrap_or_default(),
        }
    }
}

impl Layers<Account> {
    /// How the details of an `identifyAccount` may change the parent. The identification was
    /// made at `at`; `has_parent` is whether the account has a parent.
    pub fn parent_change(
        &self,
        details: &Map<String, Value>,
        trust: Trust,
        at: i64,
        has_parent: bool,
    ) -> Change<String> {
        let parent = parent_change(details);
        let may_change = match (trust, &parent) {
            (Trust::Full, Change::Keep | Change::Clear) => self.precedence(at) == Precedence::Newer,
            (Trust::Full, Change::Set(_)) => {
                let is_gap = !has_parent && self.parent_cleared_at.is_none_or(|then| at > then);
                is_gap || self.precedence(at) == Precedence::Newer
            }
            (Trust::Public { .. }, Change::Keep | Change::Clear) => false,
            (Trust::Public { may_set_parent }, Change::Set(_)) => may_set_parent && !has_parent,
        };
        if may_change { parent } else { Change::Keep }
    }
}

impl Described for Account {
    type Patch = AccountPatch;

    fn apply(&mut self, patch: AccountPatch, precedence: Precedence) -> Result<(), RecordError> {
        Account::apply(self, patch, precedence)
    }

    fn cleared(patch: &AccountPatch) -> Vec<String> {
        patch.cleared()
    }

    fn filled(&self, public: &PublicFields) -> Self {
        Account::filled(self, public)
    }

    fn columns(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("name", self.name.clone().into()),
            ("hierarchy_label", self.hierarchy_label.clone().into()),
            ("join_date", self.join_date.into()),
        ]
    }

    fn details(&self) -> &Map<String, Value> {
        &self.details
    }
}

impl Described for User {
    type Patch = UserPatch;

    fn apply(&mut self, patch: UserPatch, precedence: Precedence) -> Result<(), RecordError> {
        User::apply(self, patch, precedence)
    }

    fn cleared(patch: &UserPatch) -> Vec<String> {
        patch.cleared()
    }

    fn filled(&self, public: &PublicFields) -> Self {
        User::filled(self, public)
    }

    fn columns(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("first_name", self.first_name.clone().into()),
            ("last_name", self.last_name.clone().into()),
        ]
    }

    fn details(&self) -> &Map<String, Value> {
        &self.details
    }
}
