//! Row numbers: the integer primary keys of the tables.
//!
//! A row number has a meaning only inside the database; clients use ids. Each table has its own
//! type of row number, so that the row of a user cannot be passed where the row of an account is
//! expected.

use std::{fmt, num::NonZeroU32};

use rusqlite::{
    Connection, ToSql,
    types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef},
};

use crate::model::keys::{KeyId, SourceId};

/// Makes a type convertible to and from a column of type `$sql`.
macro_rules! stored_number {
    ($name:ident, $sql:ty) => {
        impl $name {
            /// The row that the last `INSERT` of the connection created.
            ///
            /// # Errors
            /// Fails when the number is too large for facts.
            #[allow(dead_code, reason = "no caller needs the row of a new event")]
            pub(super) fn last_inserted(conn: &Connection) -> rusqlite::Result<Self> {
                let number = conn.last_insert_rowid();
                <$sql>::try_from(number)
                    .ok()
                    .and_then(Self::from_number)
                    .ok_or(rusqlite::Error::IntegralValueOutOfRange(0, number))
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                let number = <$sql>::column_result(value)?;
                Self::from_number(number).ok_or(FromSqlError::OutOfRange(number.into()))
            }
        }

        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::from(self.number()))
            }
        }
    };
}

/// Defines a row number that is a `$kept` in memory and an `$sql` in SQLite.
macro_rules! row_number {
    ($(#[$doc:meta])* $name:ident, $kept:ty, $sql:ty) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name($kept);

        impl $name {
            /// The row with a number; `None` for a number that no row can have.
            #[inline]
            pub fn from_number(number: $sql) -> Option<Self> {
                <$kept>::try_from(number).ok().map($name)
            }

            /// The number of the row.
            #[inline]
            pub fn number(self) -> $sql {
                <$sql>::from(self.0)
            }
        }

        stored_number!($name, $sql);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

row_number!(
    /// A row of `accounts`.
    AccountRow,
    i64,
    i64
);
row_number!(
    /// A row of `events`. Rows are in the order of arrival.
    EventRow,
    i64,
    i64
);
// Keys are identified by their row numbers, also by whoever revokes them.
stored_number!(SourceId, i64);
stored_number!(KeyId, i64);

// Facts store the following row numbers in 32 bits; a file never holds four thousand million
// sessions. SQLite numbers rows from 1, so an `Option` of a `NonZeroU32` takes no more space than
// the number.

row_number!(
    /// A row of `users`.
    UserRow,
    u32,
    u32
);
row_number!(
    /// A row of `sessions`.
    SessionRow,
    NonZeroU32,
    u32
);
row_number!(
    /// A row of `names`: a product, a module or a feature.
    NameRow,
    NonZeroU32,
    u32
);
