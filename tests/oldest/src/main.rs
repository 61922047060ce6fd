//! An app that has pinned an old wasm-bindgen, as apps do whose build has a
//! wasm-bindgen program of that version.

use natero_wasm::{Tracker, TrackerError};

fn main() -> Result<(), TrackerError> {
    let tracker = Tracker::builder("API-KEY", "AUTH-KEY").build()?;
    tracker.send_feature("export")
}
