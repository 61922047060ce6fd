//! Health, size and shutdown of the store.

use crate::store::{
    answer::{Answer, BoxFuture},
    freshness::Freshness,
    operations::{Health, UpkeepOperations},
    scaled::{
        ScaledStore,
        failure::Failure,
        retry::retried,
        room,
        timeouts::{UNREACHABLE_AFTER, in_time},
    },
};

impl UpkeepOperations for ScaledStore {
    fn health(&self) -> Health {
        Health {
            is_committing: self.inbox.is_committing() && self.room.check().is_ok(),
            is_damaged: false,
        }
    }

    fn probe(&self, now: i64, commits: bool) -> Answer<'_, ()> {
        Box::pin(async move {
            self.room.check()?;
            let probed = retried(|| probe(self, now, commits));
            Ok(in_time(UNREACHABLE_AFTER, probed).await?)
        })
    }

    fn behind(&self) -> Option<Freshness> {
        Some(*self.behind.borrow())
    }

    fn size(&self) -> Answer<'_, i64> {
        Box::pin(async move {
            let client = self.client().await?;
            Ok(room::size(&client).await?)
        })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.inbox.close().await;
            self.leave_shipping().await;
        })
    }
}

async fn probe(store: &ScaledStore, now: i64, commits: bool) -> Result<(), Failure> {
    let mut client = store.client().await?;
    let tx = client.transaction().await?;
    let insert = "INSERT INTO saved_views (name, address, created_at) VALUES ($1, '', $2)";
    // Longer than the name of any view may be, so no view has this name.
    let name = "natero-probe ".repeat(100);
    tx.execute(insert, &[&name, &now]).await?;
    tx.execute("DELETE FROM saved_views WHERE name = $1", &[&name])
        .await?;
    if commits {
        tx.commit().await?;
    } else {
        tx.rollback().await?;
    }
    Ok(())
}
