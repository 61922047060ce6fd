//! The operations of a store, on PostgreSQL and ClickHouse.

mod accounts;
mod alerts;
mod events;
mod figures;
mod keys;
mod pages;
mod records;
mod upkeep;

/// An operation that reads one snapshot. It is repeated after conflicts with others.
macro_rules! read {
    ($store:expr, $tx:ident => $work:expr) => {
        Box::pin(async move {
            let done = crate::store::scaled::retry::retried(|| async {
                let mut client = $store.client().await?;
                let $tx = &crate::store::scaled::postgres::snapshot(&mut client).await?;
                Ok($work)
            });
            done.await
                .map_err(crate::store::scaled::failure::Failure::of_question)
        })
    };
}

/// An operation that reads one snapshot of PostgreSQL and queries ClickHouse. When a node fails,
/// all of it is repeated with another replica; after a conflict, with the same one.
macro_rules! ask {
    ($store:expr, $tx:ident => $work:expr) => {
        Box::pin(async move {
            let mut attempts = $store.nodes.attempts();
            loop {
                let done = crate::store::scaled::retry::retried(|| async {
                    let mut client = $store.client().await?;
                    let $tx = &crate::store::scaled::postgres::snapshot(&mut client).await?;
                    Ok($work)
                });
                match done.await {
                    Err(failure) if failure.is_of_node() && attempts > 1 => attempts -= 1,
                    done => {
                        return done.map_err(crate::store::scaled::failure::Failure::of_question);
                    }
                }
            }
        })
    };
}

/// An operation that is one transaction. It is repeated after conflicts with others, so `$work`
/// must not consume what it is given.
macro_rules! write {
    ($store:expr, $tx:ident => $work:expr) => {
        Box::pin(async move {
            let done = crate::store::scaled::retry::retried(|| async {
                let mut client = $store.client().await?;
                let transaction = client.transaction().await?;
                let $tx = &transaction;
                let done = $work;
                transaction.commit().await?;
                Ok(done)
            });
            Ok(done.await?)
        })
    };
}

/// Like `write!`, for a transaction that is rolled back when its outcome is an error.
macro_rules! write_unless_rejected {
    ($store:expr, $tx:ident => $work:expr) => {
        Box::pin(async move {
            let done = crate::store::scaled::retry::retried(|| async {
                let mut client = $store.client().await?;
                let transaction = client.transaction().await?;
                let $tx = &transaction;
                let done = $work;
                if done.is_ok() {
                    transaction.commit().await?;
                } else {
                    transaction.rollback().await?;
                }
                Ok(done)
            });
            Ok(done.await?)
        })
    };
}

use {ask, read, write, write_unless_rejected};
