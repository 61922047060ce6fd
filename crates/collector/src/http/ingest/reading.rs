//! Reads a received body.

use std::{sync::Arc, time::Instant};

use axum::body::Bytes;

use super::{
    batch::Batch,
    body::{self, Encoding},
};
use crate::{
    http::{error::ApiError, limits::Room, state::App},
    store::event_key::IdScope,
};

/// A body that was received completely.
pub(super) struct BatchBody {
    /// What arrived.
    pub(super) packed: Bytes,
    pub(super) encoding: Encoding,
    /// Whether a body without a line is a batch, because the client asks about events.
    pub(super) may_be_empty: bool,
    /// The room that the body takes.
    pub(super) room: Room,
}

impl BatchBody {
    /// Decompresses and parses the body, and returns it beside its batch.
    ///
    /// # Errors
    /// When nothing in it can be read, or it is too large.
    pub(super) async fn read(
        self,
        app: &App,
        is_trusted: bool,
        now: i64,
    ) -> Result<(Batch, Bytes, Room), ApiError> {
        let scope = IdScope::of(is_trusted);
        let is_small = self.encoding == Encoding::Plain && self.packed.len() <= SMALL_BYTES;
        parse(app, is_small, move || self.parsed(scope, now)).await
    }

    fn parsed(self, scope: IdScope, now: i64) -> Result<(Batch, Bytes, Room), ApiError> {
        let BatchBody {
            packed,
            encoding,
            may_be_empty,
            mut room,
        } = self;
        if may_be_empty && packed.is_empty() {
            return Ok((Batch::default(), packed, room));
        }
        if encoding == Encoding::Plain {
            return Ok((Batch::read(&packed, scope, now)?, packed, room));
        }
        let unpacked = body::unpack_gzip(&packed)?;
        room.grow(unpacked.len(), Instant::now())?;
        room.complete();
        Ok((Batch::read(&unpacked, scope, now)?, unpacked, room))
    }
}

/// A body of at most this many bytes is parsed on the thread of its connection. That takes
/// less than 0.1 ms; moving it to another thread would take longer.
const SMALL_BYTES: usize = 16 * 1024;

/// Runs `work` on a thread for blocking work, unless it is small. Decompressing and parsing
/// the largest batch takes tens of ms, too long for a thread that serves connections.
async fn parse<T: Send + 'static>(
    app: &App,
    is_small: bool,
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    if is_small {
        return work();
    }
    let permit = Arc::clone(&app.admission.parsers)
        .acquire_owned()
        .await
        .map_err(|_| ApiError::Internal)?;
    tokio::task::spawn_blocking(move || {
        let _permit = permit;
        work()
    })
    .await
    .map_err(|_| ApiError::Internal)?
}
