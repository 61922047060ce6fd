//! Keys, and dashboard sessions of signed-in people.

use super::write;
use crate::{
    model::{keys::KeyId, rate::Rate},
    store::{
        answer::Answer,
        keys::{Reader, Source},
        operations::KeyOperations,
        rates::{RateGrant, RateSubject, SharedRates},
        scaled::{
            ScaledStore, dashboard_sessions,
            failure::Failure,
            keys, request_rates,
            retry::retried,
            timeouts::{UNREACHABLE_AFTER, in_time},
        },
        sessions::{NewSession, OpenSession},
    },
};

impl KeyOperations for ScaledStore {
    fn source<'a>(&'a self, auth_key: &'a str, api_key: &'a str) -> Answer<'a, Option<Source>> {
        Box::pin(async move {
            let found = in_time(UNREACHABLE_AFTER, async {
                let client = self.client().await?;
                keys::find_source(&client, auth_key, api_key).await
            });
            Ok(found.await?)
        })
    }

    fn account_key<'a>(&'a self, key: &'a str) -> Answer<'a, Option<KeyId>> {
        Box::pin(async move {
            let reader = self.reader(key).await?;
            Ok(reader
                .filter(|reader| !reader.is_viewer)
                .map(|reader| reader.id))
        })
    }

    fn reader<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Reader>> {
        Box::pin(async move {
            let found = in_time(UNREACHABLE_AFTER, async {
                let client = self.client().await?;
                keys::find_reader(&client, key).await
            });
            found.await.map_err(Failure::of_question)
        })
    }

    fn session<'a>(&'a self, id: &'a str, now: i64) -> Answer<'a, Option<OpenSession>> {
        Box::pin(async move {
            let found = in_time(UNREACHABLE_AFTER, async {
                let client = self.client().await?;
                dashboard_sessions::find(&client, id, now).await
            });
            found.await.map_err(Failure::of_question)
        })
    }

    fn shared_rates(&self) -> Option<&dyn SharedRates> {
        Some(self)
    }

    fn begin_session(&self, session: NewSession, now: i64) -> Answer<'_, ()> {
        write!(self, tx => dashboard_sessions::begin(tx, &session, now).await?)
    }

    fn touch_session(&self, id: String, now: i64) -> Answer<'_, ()> {
        write!(self, tx => dashboard_sessions::touch(tx, &id, now).await?)
    }

    fn end_session(&self, id: String) -> Answer<'_, ()> {
        write!(self, tx => dashboard_sessions::end(tx, &id).await?)
    }
}

impl SharedRates for ScaledStore {
    fn draw(&self, of: RateSubject, rate: Rate) -> Answer<'_, RateGrant> {
        Box::pin(async move {
            let drawn = retried(|| async {
                let client = self.client().await?;
                request_rates::draw(&client, of, rate).await
            });
            let drawn = in_time(UNREACHABLE_AFTER, drawn);
            Ok(drawn.await?)
        })
    }
}
