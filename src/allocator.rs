//! The allocator of the wasm that a page downloads.

use talc::{
    base::{CHUNK_UNIT, binning::Binning},
    cell::TalcSyncCell,
    wasm::WasmGrowAndClaim,
};

/// Of compressed wasm 1.7 KB less than the default allocator. lol_alloc is another 0.4 KB
/// less, but looks through all free places of the memory for each text: where a full queue
/// drops events here and there, a call takes twice as long with it.
///
/// Memory that is added later is not joined with what was there before, and nothing grows
/// where it lies. Of a queue that is filled and emptied over and over, the memory is a fifth
/// larger for that, and no larger as time goes by.
#[global_allocator]
static ALLOCATOR: TalcSyncCell<WasmGrowAndClaim, PowersOfTwo> =
    TalcSyncCell::new_wasm(WasmGrowAndClaim);

/// Free places of 16 bytes and more, of 32, of 64, and so on: telling which of these one
/// belongs to is less code than finer kinds are. The first kind stays empty: talc looks into
/// the one below that which is large enough for sure.
struct PowersOfTwo;

impl Binning for PowersOfTwo {
    type AvailabilityBitField = u32;

    fn size_to_bin(size: usize) -> u32 {
        usize::BITS - (size / CHUNK_UNIT).leading_zeros()
    }
}
