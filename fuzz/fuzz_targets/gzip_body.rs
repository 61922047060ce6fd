//! Bodies with `Content-Encoding: gzip`: complete, cut off, damaged, and decompression bombs.
//!
//! Decompressing must not panic and never return more than its limit. A body that was
//! compressed correctly must be restored unchanged.

#![no_main]

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use libfuzzer_sys::fuzz_target;
use natero_collector::http::ingest::unpack_gzip;
use natero_event::limits::MAX_UNPACKED_BYTES;

fuzz_target!(|data: &[u8]| {
    // The data as a body.
    if let Some(unpacked) = unpack_gzip(data) {
        assert!(unpacked.len() <= MAX_UNPACKED_BYTES);
    }

    // The same data as the content of a body. No fuzzer guesses the right checksum, so
    // otherwise nothing would get past that check.
    let packed = pack(data);
    assert_eq!(unpack_gzip(&packed).as_deref(), Some(data));

    // A body that was cut off is refused rather than read in part.
    let cut = data.len() % packed.len();
    assert_eq!(unpack_gzip(&packed[..cut]), None, "cut to {cut} bytes");

    // gzip allows several concatenated members.
    let twice = [packed.as_slice(), packed.as_slice()].concat();
    assert_eq!(unpack_gzip(&twice), Some([data, data].concat().into()));
});

fn pack(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder
        .write_all(data)
        .expect("writing to memory does not fail");
    encoder.finish().expect("writing to memory does not fail")
}
