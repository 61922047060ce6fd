use std::{error::Error, io::Read, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, header},
};
use flate2::read::MultiGzDecoder;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use natero_event::limits::{MAX_BODY_BYTES, MAX_UNPACKED_BYTES};

use crate::error::ApiError;

/// How a body is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Plain,
    Gzip,
}

/// A client that is still sending does not read an answer, and a browser then
/// reports a broken connection instead of the 413. So a body that is too long
/// is read on to this length before it is refused.
const DRAINED_BYTES: usize = 16 * MAX_BODY_BYTES;

/// A batch of 1 MiB takes 8 s on a line of 1 Mbit/s.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// Refuses what cannot be read before any of it is.
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

/// Bytes that the body takes on the wire, as far as the headers tell.
pub(super) fn announced_bytes(headers: &HeaderMap) -> usize {
    content_length(headers).map_or(MAX_BODY_BYTES, |bytes| {
        usize::try_from(bytes).map_or(MAX_BODY_BYTES, |bytes| bytes.min(MAX_BODY_BYTES))
    })
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok())
}

/// Receives the body as it is on the wire.
pub(super) async fn receive(body: Body, headers: &HeaderMap) -> Result<Bytes, ApiError> {
    if content_length(headers).is_some_and(|bytes| bytes > DRAINED_BYTES as u64) {
        return Err(too_large());
    }
    tokio::time::timeout(TIME_LIMIT, collect(body))
        .await
        .map_err(|_| ApiError::Timeout)?
}

async fn collect(body: Body) -> Result<Bytes, ApiError> {
    let mut body = Limited::new(body, DRAINED_BYTES);
    let mut received = Vec::new();
    let mut is_too_large = false;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|cause| broken(&*cause))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if is_too_large || received.len() + data.len() > MAX_BODY_BYTES {
            is_too_large = true;
            received = Vec::new();
        } else {
            received.extend_from_slice(&data);
        }
    }
    if is_too_large {
        return Err(too_large());
    }
    Ok(received.into())
}

fn broken(cause: &(dyn Error + 'static)) -> ApiError {
    if cause.is::<LengthLimitError>() {
        too_large()
    } else {
        ApiError::BadRequest("the body broke off; send the batch again".into())
    }
}

fn too_large() -> ApiError {
    ApiError::TooLarge(
        "the body has more than 1 MiB on the wire; split the batch at a line end".into(),
    )
}

/// Unpacks the body, never to more than the limit.
pub(super) fn unpack(packed: Bytes, encoding: Encoding) -> Result<Bytes, ApiError> {
    match encoding {
        Encoding::Plain => Ok(packed),
        Encoding::Gzip => {
            let mut unpacked = Vec::new();
            MultiGzDecoder::new(&*packed)
                .take(MAX_UNPACKED_BYTES as u64 + 1)
                .read_to_end(&mut unpacked)
                .map_err(|_| {
                    ApiError::BadRequest(
                        "the body is not whole gzip; send it again, or without Content-Encoding"
                            .into(),
                    )
                })?;
            if unpacked.len() > MAX_UNPACKED_BYTES {
                return Err(ApiError::TooLarge(
                    "the body has more than 8 MiB unpacked; split the batch at a line end".into(),
                ));
            }
            Ok(unpacked.into())
        }
    }
}
