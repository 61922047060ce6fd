//! The allocator of the wasm that a page downloads.

use talc::{
    base::{CHUNK_UNIT, binning::Binning},
    cell::TalcSyncCell,
    wasm::WasmGrowAndClaim,
};

/// This allocator adds 1.7 KB less of compressed wasm than the default one. lol_alloc
/// would save another 0.4 KB, but it searches all free blocks for each text: when a full
/// queue drops events here and there, a call takes twice as long with it.
///
/// Memory that is added later is not joined with the memory before it, and no block grows
/// in place. A queue that is filled and emptied over and over therefore needs a fifth
/// more memory, but no more as time goes by.
#[global_allocator]
static ALLOCATOR: TalcSyncCell<WasmGrowAndClaim, PowersOfTwo> =
    TalcSyncCell::new_wasm(WasmGrowAndClaim);

/// Free blocks of at least 16 bytes, 32, 64, and so on. Finding the class of a block
/// takes less code than with finer classes. The first class stays empty, because talc
/// searches the class below the first one that is sure to be large enough.
struct PowersOfTwo;

impl Binning for PowersOfTwo {
    type AvailabilityBitField = u32;

    fn size_to_bin(size: usize) -> u32 {
        usize::BITS - (size / CHUNK_UNIT).leading_zeros()
    }
}
