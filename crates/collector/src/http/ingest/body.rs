//! Receives and decompresses the body of a batch.

use std::{
    io::Read,
    time::{Duration, Instant},
};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, header},
};
use flate2::read::MultiGzDecoder;
use http_body_util::BodyExt;
use natero_event::limits::{MAX_BODY_BYTES, MAX_UNPACKED_BYTES};

use crate::http::{error::ApiError, limits::Room};

/// How a body is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Plain,
    Gzip,
}

/// Maximum time for receiving a body. A batch of 1 MiB takes 8 s at 1 Mbit/s.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// Checks the content type and encoding before the body is received.
pub(super) fn check_headers(headers: &HeaderMap) -> Result<Encoding, ApiError> {
    if let Some(value) = headers.get(header::CONTENT_TYPE) {
        let text = value.to_str().unwrap_or_default();
        let kind = text.split(';').next().unwrap_or_default().trim();
        let known = ["application/json", "text/plain"];
        if !known.iter().any(|known| kind.eq_ignore_ascii_case(known)) {
            return Err(ApiError::UnsupportedMedia(
                "send one JSON object a line with Content-Type: application/json or text/plain"
                    .into(),
            ));
        }
    }
    let mut encoding = Encoding::Plain;
    for value in headers.get_all(header::CONTENT_ENCODING) {
        match value.to_str().map(|text| text.trim().to_ascii_lowercase()) {
            Ok(text) if text == "identity" || text.is_empty() => {}
            Ok(text) if encoding == Encoding::Plain && (text == "gzip" || text == "x-gzip") => {
                encoding = Encoding::Gzip;
            }
            _ => {
                return Err(ApiError::UnsupportedMedia(
                    "send the body as it is or with Content-Encoding: gzip".into(),
                ));
            }
        }
    }
    Ok(encoding)
}

/// Receives the body without decompressing it. `room` grows with it.
pub(super) async fn receive(
    body: Body,
    headers: &HeaderMap,
    room: &mut Room,
) -> Result<Bytes, ApiError> {
    // A body is refused before it is received if its declared length is too large.
    let announced: Option<u64> = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|bytes| bytes > MAX_BODY_BYTES as u64) {
        return Err(too_large());
    }
    let received = tokio::time::timeout(TIME_LIMIT, collect(body, room))
        .await
        .map_err(|_| ApiError::Timeout)??;
    room.complete();
    Ok(received)
}

async fn collect(mut body: Body, room: &mut Room) -> Result<Bytes, ApiError> {
    let mut received = Vec::new();
    loop {
        let frame = tokio::select! {
            frame = body.frame() => frame,
            () = room.cancelled() => return Err(ApiError::Timeout),
        };
        let Some(frame) = frame else {
            return Ok(received.into());
        };
        let Ok(data) = frame.map_err(|_| broken())?.into_data() else {
            continue;
        };
        if received.len() + data.len() > MAX_BODY_BYTES {
            return Err(too_large());
        }
        room.grow(data.len(), Instant::now())?;
        received.extend_from_slice(&data);
    }
}

fn broken() -> ApiError {
    ApiError::BadRequest("the body broke off; send the batch again".into())
}

fn too_large() -> ApiError {
    ApiError::TooLarge(
        "the body has more than 1 MiB on the wire; split the batch at a line end".into(),
    )
}

/// Decompresses a body with `Content-Encoding: gzip`, up to the limit.
pub(super) fn unpack_gzip(packed: &[u8]) -> Result<Bytes, ApiError> {
    let mut unpacked = Vec::new();
    MultiGzDecoder::new(packed)
        .take(MAX_UNPACKED_BYTES as u64 + 1)
        .read_to_end(&mut unpacked)
        .map_err(|_| {
            ApiError::BadRequest(
                "the body is not whole gzip; send it again, or without Content-Encoding".into(),
            )
        })?;
    if unpacked.len() > MAX_UNPACKED_BYTES {
        return Err(ApiError::TooLarge(
            "the body has more than 8 MiB unpacked; split the batch at a line end".into(),
        ));
    }
    Ok(unpacked.into())
}
