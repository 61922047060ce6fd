//! The fields of the contract.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};

macro_rules! fields {
    ($($field:ident = $name:literal,)*) => {
        /// A field of the contract.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Field {
            $($field,)*
        }

        impl Field {
            /// How many fields there are.
            pub(super) const COUNT: usize = [$(Field::$field),*].len();

            /// The name of the field in a line.
            pub(super) fn name(self) -> &'static str {
                match self {
                    $(Field::$field => $name,)*
                }
            }

            /// The field with a name; `None` for a name that is not part of the contract.
            fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Field::$field),)*
                    _ => None,
                }
            }
        }
    };
}

fields! {
    AccountId = "account_id",
    Action = "action",
    ActiveDuration = "active_duration",
    CreatedAt = "created_at",
    Details = "details",
    EventId = "event_id",
    Feature = "feature",
    Module = "module",
    Product = "product",
    Referrer = "referrer",
    Seq = "seq",
    SessionId = "session_id",
    StreamId = "stream_id",
    TimeSpent = "time_spent",
    Title = "title",
    Total = "total",
    Url = "url",
    UserId = "user_id",
    VisitorId = "visitor_id",
}

/// The name of a field in a line.
pub(super) enum Name {
    /// The name of a field of the contract.
    Known(Field),
    /// Another name.
    Other(String),
}

impl From<String> for Name {
    fn from(name: String) -> Self {
        Field::from_name(&name).map_or_else(|| Name::Other(name), Name::Known)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameVisitor)
    }
}

struct NameVisitor;

impl Visitor<'_> for NameVisitor {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E>(self, name: &str) -> Result<Name, E> {
        Ok(Field::from_name(name).map_or_else(|| Name::Other(name.to_owned()), Name::Known))
    }
}
