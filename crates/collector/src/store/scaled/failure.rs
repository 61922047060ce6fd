//! Failures of the collector's servers.

use deadpool_postgres::PoolError;
use tokio_postgres::error::SqlState;

use crate::store::error::StoreError;

/// Why an operation of a server failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// PostgreSQL refused a statement, or the connection broke.
    #[error("PostgreSQL: {}", describe(.0))]
    Postgres(#[from] tokio_postgres::Error),
    /// A connection to PostgreSQL could not be established.
    #[error("PostgreSQL: {}", not_connected(.0))]
    Pool(#[from] PoolError),
    /// PostgreSQL neither answers nor refuses.
    #[error("PostgreSQL: no answer in time")]
    Silent,
    /// ClickHouse refused a query.
    #[error("ClickHouse: {0}")]
    Clickhouse(String),
    /// A ClickHouse node does not answer.
    #[error("ClickHouse at {name}: {cause}")]
    Away {
        /// The node.
        name: String,
        /// How the failure was noticed.
        cause: String,
    },
    /// A ClickHouse node refuses access.
    #[error("ClickHouse at {name} lets nobody in: {cause}")]
    Closed {
        /// The node.
        name: String,
        /// The node's message.
        cause: String,
    },
    /// A ClickHouse node has lost data that was shipped to it.
    #[error("ClickHouse at {name} has lost its data, or may have lost some: {cause}")]
    Lost {
        /// The node.
        name: String,
        /// The node's message.
        cause: String,
    },
    /// ClickHouse lags behind by more events than a query can send along.
    #[error("ClickHouse is too far behind to answer; it is shipped what it lacks")]
    Behind,
    /// The root certificates for verifying servers cannot be loaded.
    #[error("TLS: {0}")]
    Certificates(String),
    /// Stored data cannot be parsed.
    #[error("PostgreSQL has what no collector wrote: {0}")]
    Damaged(String),
    /// The account to which the caller is limited no longer exists.
    #[error("the only account that may be seen is gone")]
    Gone,
    /// The operating system returned no random numbers.
    #[error("no random numbers: {0}")]
    Random(#[from] getrandom::Error),
}

pub(super) type Result<T> = std::result::Result<T, Failure>;

/// The server's message with its details. The error itself only says that the server returned one.
fn describe(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(refused) => format!("{} ({})", refused.message(), refused.code().code()),
        None => match std::error::Error::source(error) {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        },
    }
}

fn not_connected(error: &PoolError) -> String {
    match error {
        PoolError::Backend(cause) => describe(cause),
        PoolError::Timeout(_)
        | PoolError::Closed
        | PoolError::NoRuntimeSpecified
        | PoolError::PostCreateHook(_) => error.to_string(),
    }
}

impl Failure {
    /// Whether the same transaction may succeed when it is retried at once, because it failed on a
    /// conflict with another one.
    pub(super) fn is_retryable(&self) -> bool {
        let Failure::Postgres(error) = self else {
            return false;
        };
        matches!(
            error.code(),
            Some(&SqlState::T_R_DEADLOCK_DETECTED | &SqlState::T_R_SERIALIZATION_FAILURE)
        )
    }

    /// Whether the failure concerns one ClickHouse node, so that another replica may answer.
    pub(super) fn is_of_node(&self) -> bool {
        matches!(
            self,
            Failure::Away { .. } | Failure::Closed { .. } | Failure::Lost { .. }
        )
    }

    /// Whether the server is unreachable, full or shutting down: the statement is not at fault.
    pub(super) fn is_outage(&self) -> bool {
        match self {
            Failure::Pool(_)
            | Failure::Silent
            | Failure::Away { .. }
            | Failure::Closed { .. }
            | Failure::Lost { .. }
            | Failure::Behind => true,
            Failure::Postgres(error) => match error.code() {
                None => true,
                // Insufficient resources, operator intervention, system error, connection
                // exception.
                Some(code) => ["53", "57", "58", "08"]
                    .iter()
                    .any(|class| code.code().starts_with(class)),
            },
            Failure::Clickhouse(_)
            | Failure::Certificates(_)
            | Failure::Damaged(_)
            | Failure::Gone
            | Failure::Random(_) => false,
        }
    }
}

impl Failure {
    /// The error of an operation that only reads, so no change failed to be committed.
    pub(super) fn of_question(self) -> StoreError {
        match StoreError::from(self) {
            StoreError::Unavailable(cause) => StoreError::Unanswered(cause),
            other => other,
        }
    }

    /// The error for opening the store, with the flag that names the server. A caller that uses
    /// other flags replaces it.
    pub(super) fn at_start(self) -> StoreError {
        let flag = match self {
            Failure::Postgres(_) | Failure::Pool(_) | Failure::Silent => "--store",
            Failure::Clickhouse(_)
            | Failure::Away { .. }
            | Failure::Closed { .. }
            | Failure::Lost { .. }
            | Failure::Behind => "--clickhouse",
            Failure::Certificates(_) | Failure::Damaged(_) | Failure::Gone | Failure::Random(_) => {
                return self.into();
            }
        };
        let cause = self.to_string();
        StoreError::Unreachable { flag, cause }
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        let cause = failure.to_string();
        // ClickHouse is only queried: changes are committed in PostgreSQL.
        if matches!(
            failure,
            Failure::Away { .. } | Failure::Closed { .. } | Failure::Lost { .. } | Failure::Behind
        ) {
            StoreError::Unanswered(cause)
        } else if failure.is_retryable() || failure.is_outage() {
            StoreError::Unavailable(cause)
        } else if matches!(failure, Failure::Damaged(_)) {
            StoreError::Damaged(cause)
        } else {
            StoreError::Failed(cause)
        }
    }
}
