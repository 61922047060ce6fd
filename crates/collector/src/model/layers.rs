//! What is said about accounts and users, in two layers: what the Account API and
//! trusted sources said, and what anybody with a public key did.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{
    account::{Account, AccountPatch},
    change::Precedence,
    public_fields::PublicFields,
    record::RecordError,
    remaining_fields::RemainingFields,
    user::{User, UserPatch},
};

/// What both layers tell of: an account or a user.
pub trait Described: Default + DeserializeOwned {
    /// The changes that somebody asks for.
    type Patch;

    /// Applies changes.
    ///
    /// # Errors
    /// Says why they cannot be applied; nothing is changed then.
    fn apply(&mut self, patch: Self::Patch, precedence: Precedence) -> Result<(), RecordError>;

    /// Names of the fields that changes clear.
    fn cleared(patch: &Self::Patch) -> Vec<String>;

    /// With what the public layer adds to it.
    #[must_use]
    fn filled(&self, public: &PublicFields) -> Self;

    /// The columns that show it, by name, but for `details`.
    fn columns(&self) -> Vec<(&'static str, Value)>;

    /// All other fields.
    fn details(&self) -> &Map<String, Value>;
}

/// Both layers of one of them.
#[derive(Debug, Default)]
pub struct Layers<T> {
    /// What the Account API and trusted sources said.
    pub own: T,
    /// What public sources said.
    pub public: PublicFields,
    /// Time of the newest own fields, in ms since the Unix epoch.
    pub details_at: i64,
}

/// Both layers as they are stored.
#[derive(Debug)]
pub struct StoredLayers {
    /// What they show together, by column, but for `details`.
    pub columns: Vec<(&'static str, Value)>,
    /// All other fields that they show: a JSON object.
    pub details: String,
    /// Time of the newest own fields, in ms since the Unix epoch.
    pub details_at: i64,
    /// The own layer: a JSON object.
    pub own: String,
    /// The public layer: a JSON object.
    pub public: String,
}

impl<T: Described> Layers<T> {
    /// Reads what was stored: the two layers as JSON objects.
    pub fn read(own: &str, public: &str, details_at: i64) -> Self {
        Layers {
            own: serde_json::from_str(own).unwrap_or_default(),
            public: serde_json::from_str(public).unwrap_or_default(),
            details_at,
        }
    }

    /// Whether what was said at `at` replaces own fields, or fills those that are empty.
    pub fn precedence(&self, at: i64) -> Precedence {
        if at >= self.details_at {
            Precedence::Newer
        } else {
            Precedence::Older
        }
    }

    /// Takes in what a record of the Account API says at `now`.
    ///
    /// # Errors
    /// Says why the record is rejected.
    pub fn put(&mut self, patch: T::Patch, now: i64) -> Result<(), RecordError> {
        self.public
            .clear(T::cleared(&patch).iter().map(String::as_str), now);
        self.own.apply(patch, Precedence::Newer)?;
        self.details_at = now;
        Ok(())
    }

    /// Takes in what a trusted source said at `at`. A change that cannot be applied is
    /// left out.
    pub fn add_trusted(&mut self, patch: T::Patch, at: i64) {
        if self.own.apply(patch, self.precedence(at)).is_ok() {
            self.details_at = at.max(self.details_at);
        }
    }

    /// Takes back something that public sources said: `remove` names the fields. What others
    /// of them say, of which `remaining` are the events that are left, takes its place.
    /// Returns whether they have set the parent by what is gone: the one that the account
    /// has now, since whoever else sets one ends that note.
    #[must_use]
    pub fn take_back<E: Clone>(
        &mut self,
        remove: impl FnOnce(&mut PublicFields) -> Vec<String>,
        remaining: Option<&RemainingFields<E>>,
    ) -> bool {
        let had_parent = self.public.has_noted_parent();
        let fields = remove(&mut self.public);
        if let Some(remaining) = remaining {
            self.public.refill(&fields, remaining);
        }
        had_parent && !self.public.has_noted_parent()
    }

    /// What is stored of them.
    pub fn stored(&self) -> StoredLayers {
        let shown = self.own.filled(&self.public);
        let mut own: Map<String, Value> = (self.own.columns().into_iter())
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        own.insert("details".to_owned(), self.own.details().clone().into());
        StoredLayers {
            columns: shown.columns(),
            details: serde_json::to_string(shown.details()).unwrap_or_default(),
            details_at: self.details_at,
            own: serde_json::to_string(&own).unwrap_or_default(),
            public: serde_json::to_string(&self.public).unwrap_or_default(),
        }
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
