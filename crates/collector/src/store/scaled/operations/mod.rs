//! The operations of a store, on PostgreSQL and ClickHouse.

mod accounts;
mod alerts;
mod events;
mod figures;
mod keys;
mod pages;
mod records;
mod upkeep;

/// How often an operation is run if it conflicts with others.
const ATTEMPTS: usize = 6;

/// An operation that reads one snapshot. It is repeated after conflicts with others.
macro_rules! read {
    ($store:expr, $tx:ident => $work:expr) => {
        Box::pin(async move {
            let mut attempts = crate::store::scaled::operations::ATTEMPTS;
            loop {
                let done: crate::store::scaled::failure::Result<_> = async {
                    let mut client = $store.client().await?;
                    let $tx = &crate::store::scaled::postgres::snapshot(&mut client).await?;
                    Ok($work)
                }
                .await;
                attempts -= 1;
                match done {
                    Err(failure) if failure.is_retryable() && attempts > 0 => {}
                    done => {
                        return done.map_err(crate::store::scaled::failure::Failure::of_question);
                    }
                }
            }
        })
    };
}

/// An operation that reads one snapshot of PostgreSQL and queries ClickHouse. When a node fails,
/// all of it is repeated with another replica; after a conflict, with the same one.
macro_rules! ask {
    ($store:expr, $tx:ident => $work:expr) => {
        Box::pin(async move {
            let mut attempts = $store.nodes.attempts();
            let mut turns = crate::store::scaled::operations::ATTEMPTS;
            loop {
                let done: crate::store::scaled::failure::Result<_> = async {
                    let mut client = $store.client().await?;
                    let $tx = &crate::store::scaled::postgres::snapshot(&mut client).await?;
                    Ok($work)
                }
                .await;
                match done {
                    Err(failure) if failure.is_of_node() && attempts > 1 => attempts -= 1,
                    Err(failure) if failure.is_retryable() && turns > 1 => turns -= 1,
                    done => {
                        return done.map_err(crate::store::scaled::failure::Failure::of_question);
                    }
                }
            }
        })
    };
}

/// An operation that is one transaction.
macro_rules! write {
    ($store:expr, $tx:ident => $work:expr) => {
        Box::pin(async move {
            let mut client = $store.client().await?;
            let transaction = client
                .transaction()
                .await
                .map_err(crate::store::scaled::failure::Failure::from)?;
            let $tx = &transaction;
            let done = $work;
            transaction
                .commit()
                .await
                .map_err(crate::store::scaled::failure::Failure::from)?;
            Ok(done)
        })
    };
}

/// A transaction that is rolled back when its outcome is an error.
macro_rules! write_unless_rejected {
    ($store:expr, $tx:ident => $work:expr) => {
        Box::pin(async move {
            let mut client = $store.client().await?;
            let transaction = client
                .transaction()
                .await
                .map_err(crate::store::scaled::failure::Failure::from)?;
            let $tx = &transaction;
            let done = $work;
            let ended = if done.is_ok() {
                transaction.commit().await
            } else {
                transaction.rollback().await
            };
            ended.map_err(crate::store::scaled::failure::Failure::from)?;
            Ok(done)
        })
    };
}

use {ask, read, write, write_unless_rejected};
