//! What an erasure takes back from the fields of accounts and users that public sources set, and
//! what that means for the place of an account in the tree.

use serde_json::{Map, Value};

use super::{identification::Subject, traces::Identification};
use crate::model::{
    layers::{Described, Layers},
    public_fields::PublicFields,
    remaining_fields::RemainingFields,
    trust::Trust,
};

/// What is taken back from the fields of one account or user.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) enum TakenBack<'a> {
    /// Everything that a stream set.
    OfStream(&'a str),
    /// What one identification set.
    Of(&'a Identification),
}

/// The place in the tree after fields were taken back.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::store) enum Place {
    /// It is as before.
    Unchanged,
    /// The account leaves its parent, which was set by what was taken back.
    Leaves {
        /// The remaining identification that sets a parent.
        then: Option<ParentIdentification>,
    },
}

/// An identification of a public source that is made again for the parent that it names.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::store) struct ParentIdentification {
    /// The details, which contain only the parent.
    pub(in crate::store) details: Map<String, Value>,
    /// When it was made, or when it arrived if that is earlier, in ms since the Unix epoch.
    pub(in crate::store) at: i64,
    /// Its stream.
    pub(in crate::store) stream: Option<String>,
}

impl ParentIdentification {
    /// What its source may do.
    pub(in crate::store) const TRUST: Trust = Trust::Public {
        may_set_parent: true,
    };
}

impl TakenBack<'_> {
    /// Takes fields of one record back, which `remaining` replaces.
    pub(in crate::store) fn from<T: Described, E: Clone>(
        self,
        layers: &mut Layers<T>,
        remaining: Option<&RemainingFields<E>>,
    ) -> Place {
        let remove = |public: &mut PublicFields| match self {
            TakenBack::OfStream(stream) => public.remove_stream(stream),
            TakenBack::Of(identification) => public.remove_identification(
                &identification.details,
                identification.at,
                identification.stream.as_deref(),
            ),
        };
        if !layers.take_back(remove, remaining) {
            return Place::Unchanged;
        }
        let parent = remaining.and_then(RemainingFields::parent);
        Place::Leaves {
            then: parent.map(|parent| ParentIdentification {
                details: Map::from_iter([("parent_account_id".to_owned(), parent.value.clone())]),
                at: parent.by.at,
                stream: parent.by.stream.clone(),
            }),
        }
    }
}

impl Identification {
    /// The id of the account or the user that it describes.
    pub(in crate::store) fn subject_id(&self) -> &str {
        match self.subject {
            Subject::Account => &self.account_id,
            Subject::User => &self.user_id,
        }
    }
}
