//! Bodies with `Content-Encoding: gzip`: whole, cut, damaged, and bombs.
//!
//! Unpacking must not panic and never give more than its limit. What was
//! packed rightly must come back as it was.

#![no_main]

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use libfuzzer_sys::fuzz_target;
use natero_collector::http::ingest::unpack_gzip;
use natero_event::limits::MAX_UNPACKED_BYTES;

fuzz_target!(|data: &[u8]| {
    // A body as it came.
    if let Some(unpacked) = unpack_gzip(data) {
        assert!(unpacked.len() <= MAX_UNPACKED_BYTES);
    }

    // The same bytes as the content of a body: without the right checksum,
    // which no fuzzer guesses, nothing would get far.
    let packed = pack(data);
    assert_eq!(unpack_gzip(&packed).as_deref(), Some(data));

    // A body that broke off is refused rather than read in part.
    let cut = data.len() % packed.len();
    assert_eq!(unpack_gzip(&packed[..cut]), None, "cut to {cut} bytes");

    // gzip allows several members one after the other.
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
