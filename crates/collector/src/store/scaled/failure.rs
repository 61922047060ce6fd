//! What goes wrong between the collector and its servers.

use deadpool_postgres::PoolError;
use tokio_postgres::error::SqlState;

use crate::store::error::StoreError;

/// Why a server did not do what it was asked to do.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// PostgreSQL refused a statement, or the connection broke.
    #[error("PostgreSQL: {}", said(.0))]
    Postgres(#[from] tokio_postgres::Error),
    /// There is no connection to PostgreSQL.
    #[error("PostgreSQL: {}", not_connected(.0))]
    Pool(#[from] PoolError),
    /// PostgreSQL neither answers nor refuses.
    #[error("PostgreSQL: no answer in time")]
    Silent,
    /// ClickHouse refused a question.
    #[error("ClickHouse: {0}")]
    Clickhouse(String),
    /// A node of ClickHouse does not answer.
    #[error("ClickHouse at {name}: {cause}")]
    Away {
        /// The node.
        name: String,
        /// How that was noticed.
        cause: String,
    },
    /// A node of ClickHouse refuses whoever asks.
    #[error("ClickHouse at {name} lets nobody in: {cause}")]
    Closed {
        /// The node.
        name: String,
        /// What it said.
        cause: String,
    },
    /// A node of ClickHouse has not what was shipped to it.
    #[error("ClickHouse at {name} has lost its data, or may have lost some: {cause}")]
    Lost {
        /// The node.
        name: String,
        /// What it said.
        cause: String,
    },
    /// ClickHouse lacks more than a question can bring along.
    #[error("ClickHouse is too far behind to answer; it is shipped what it lacks")]
    Behind,
    /// The certificates of servers cannot be verified.
    #[error("TLS: {0}")]
    Certificates(String),
    /// What was stored cannot be read.
    #[error("PostgreSQL has what no collector wrote: {0}")]
    Damaged(String),
    /// The only account that whoever asks may see is gone.
    #[error("the only account that may be seen is gone")]
    Gone,
    /// The operating system has no random numbers.
    #[error("no random numbers: {0}")]
    Random(#[from] getrandom::Error),
}

pub(super) type Result<T> = std::result::Result<T, Failure>;

/// What a server said. The error alone says only that it did.
fn said(error: &tokio_postgres::Error) -> String {
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
        PoolError::Backend(cause) => said(cause),
        PoolError::Timeout(_)
        | PoolError::Closed
        | PoolError::NoRuntimeSpecified
        | PoolError::PostCreateHook(_) => error.to_string(),
    }
}

impl Failure {
    /// Whether the same transaction may succeed when it is run again at once: another one
    /// was in its way.
    pub(super) fn is_retryable(&self) -> bool {
        let Failure::Postgres(error) = self else {
            return false;
        };
        matches!(
            error.code(),
            Some(&SqlState::T_R_DEADLOCK_DETECTED | &SqlState::T_R_SERIALIZATION_FAILURE)
        )
    }

    /// Whether another replica may answer what a node of ClickHouse did not.
    pub(super) fn is_of_node(&self) -> bool {
        matches!(
            self,
            Failure::Away { .. } | Failure::Closed { .. } | Failure::Lost { .. }
        )
    }

    /// Whether the server is away, full, or ending: it is not the statement's fault.
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
                // Insufficient resources, operator intervention, system error.
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
    /// The failure of a question: nothing is lost that could not be committed.
    pub(super) fn of_question(self) -> StoreError {
        match StoreError::from(self) {
            StoreError::Unavailable(cause) => StoreError::Unanswered(cause),
            other => other,
        }
    }

    /// The failure of opening the store, with the flag that names the server. Other flags
    /// may name it: whoever opens the store for them says so.
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
        // ClickHouse is asked; what is committed is committed in PostgreSQL.
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
