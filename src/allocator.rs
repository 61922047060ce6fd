//! The allocator of the wasm, in blocks of 16 bytes, 32 bytes, 64 bytes and so on.
//!
//! Each size has a list of its free blocks: an allocation takes the first of them, or
//! else bytes that nobody has had. Blocks are neither split nor joined, so both ways take
//! the same few steps however full the memory is. The price is space. A block is up to
//! half empty, and what has grown leaves the blocks that were too small to others. Here
//! that is little: most of what a tracker keeps are lines of events, which resemble each
//! other.

#![allow(unsafe_code, reason = "an allocator hands out memory as it is")]

use std::{
    alloc::{GlobalAlloc, Layout},
    cell::UnsafeCell,
    ptr,
};

/// Bytes of the smallest block, and what the address of every block is a multiple of.
const SMALLEST: usize = 16;

/// How many sizes there are, the largest of 2 GiB: no layout of a wasm is larger.
const SIZES: usize = 28;

/// The unit by which memory grows, in bytes.
const PAGE: usize = 65_536;

/// What a free block holds.
struct Free {
    /// The next free block of this size; null in the last.
    next: *mut Free,
}

struct Blocks {
    /// The first free block of each size, or null.
    free: [*mut Free; SIZES],
    /// Where the bytes begin that nobody has had.
    unused: *mut u8,
    unused_bytes: usize,
}

/// Hands out blocks whose sizes are powers of two.
pub(crate) struct PowersOfTwo(UnsafeCell<Blocks>);

// SAFETY: a wasm without shared memory has one thread, and tests keep theirs to one each.
unsafe impl Sync for PowersOfTwo {}

impl PowersOfTwo {
    pub const fn new() -> PowersOfTwo {
        PowersOfTwo(UnsafeCell::new(Blocks {
            free: [ptr::null_mut(); SIZES],
            unused: ptr::null_mut(),
            unused_bytes: 0,
        }))
    }
}

/// Which of the sizes has room for a layout: 0 is the smallest.
fn size_for(layout: Layout) -> usize {
    let units = layout.size().saturating_sub(1) / SMALLEST;
    (usize::BITS - units.leading_zeros()) as usize
}

impl Blocks {
    /// Takes a block out of what nobody has had. Null: there is no more memory.
    fn carve(&mut self, bytes: usize) -> *mut u8 {
        if self.unused_bytes < bytes {
            let pages = bytes.div_ceil(PAGE);
            let Some(begin) = grow(pages) else {
                return ptr::null_mut();
            };
            // Unless somebody else grows the memory, it goes on where it ended.
            if self.unused.wrapping_add(self.unused_bytes) != begin {
                self.unused = begin;
                self.unused_bytes = 0;
            }
            self.unused_bytes += pages * PAGE;
        }
        let block = self.unused;
        self.unused = block.wrapping_add(bytes);
        self.unused_bytes -= bytes;
        block
    }
}

// SAFETY: a block is handed out once until it is given back, has room for its layout, and
// is aligned to as much as is handed out at all.
unsafe impl GlobalAlloc for PowersOfTwo {
    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.align() > SMALLEST {
            return ptr::null_mut();
        }
        // SAFETY: nothing else holds a reference to the blocks while one of these runs.
        let blocks = unsafe { &mut *self.0.get() };
        let size = size_for(layout);
        let first = blocks.free[size];
        if first.is_null() {
            return blocks.carve(SMALLEST << size);
        }
        // SAFETY: what is in a list is a block that was given back, and holds its link.
        blocks.free[size] = unsafe { (*first).next };
        first.cast()
    }

    #[inline(never)]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above.
        let blocks = unsafe { &mut *self.0.get() };
        let first = &mut blocks.free[size_for(layout)];
        let block = block.cast::<Free>();
        // SAFETY: the block is nobody's any more, aligned, and has room for the link.
        unsafe { block.write(Free { next: *first }) };
        *first = block;
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller promises that this is a layout.
        let new_layout = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
        if size_for(new_layout) == size_for(layout) {
            return block;
        }
        // SAFETY: the caller's promises about the old block and both layouts are those
        // that these ask for, and a new block is none that was handed out already.
        unsafe {
            let new = self.alloc(new_layout);
            if !new.is_null() {
                ptr::copy_nonoverlapping(block, new, layout.size().min(new_size));
                self.dealloc(block, layout);
            }
            new
        }
    }
}

/// More memory, of so many pages. `None`: there is none.
#[cfg(target_arch = "wasm32")]
fn grow(pages: usize) -> Option<*mut u8> {
    let before = std::arch::wasm32::memory_grow(0, pages);
    (before != usize::MAX).then(|| (before * PAGE) as *mut u8)
}

/// The same out of the memory of a test, which never gets it back.
#[cfg(not(target_arch = "wasm32"))]
fn grow(pages: usize) -> Option<*mut u8> {
    let layout = Layout::from_size_align(pages * PAGE, PAGE).ok()?;
    // SAFETY: it is asked for at least one page.
    let begin = unsafe { std::alloc::alloc(layout) };
    (!begin.is_null()).then_some(begin)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn layout(size: usize) -> Layout {
        Layout::from_size_align(size, 8).expect("a layout")
    }

    #[test]
    fn a_block_has_room_for_its_layout_and_is_at_most_half_empty() {
        for size in 1..5_000 {
            let block = SMALLEST << size_for(layout(size));
            assert!(
                block >= size && (block < 2 * size || block == SMALLEST),
                "{size}"
            );
        }
    }

    #[test]
    fn a_block_that_was_given_back_is_handed_out_again() {
        let allocator = PowersOfTwo::new();
        // SAFETY: each block is used as its layout says, and not after it was given back.
        unsafe {
            let first = allocator.alloc(layout(100));
            allocator.dealloc(first, layout(100));
            assert_eq!(allocator.alloc(layout(128)), first);
            assert_ne!(allocator.alloc(layout(128)), first);
        }
    }

    #[test]
    fn more_than_any_block_is_aligned_to_is_refused() {
        let layout = Layout::from_size_align(64, 2 * SMALLEST).expect("a layout");
        // SAFETY: the layout has a size.
        assert!(unsafe { PowersOfTwo::new().alloc(layout) }.is_null());
    }

    proptest! {
        #[test]
        fn what_is_written_stays_through_whatever_others_do(
            steps in vec((0usize..12, 1usize..3_000), 1..60)
        ) {
            let allocator = PowersOfTwo::new();
            let mut held: Vec<Option<(*mut u8, usize)>> = vec![None; 12];
            for (place, size) in steps {
                let mark = place as u8 + 1;
                // SAFETY: each block is used as its layout says, and given back once.
                unsafe {
                    let block = match held[place].take() {
                        None => allocator.alloc(layout(size)),
                        Some((block, before)) if size % 3 == 0 => {
                            allocator.dealloc(block, layout(before));
                            continue;
                        }
                        Some((block, before)) => {
                            let moved = allocator.realloc(block, layout(before), size);
                            let kept = std::slice::from_raw_parts(moved, before.min(size));
                            prop_assert!(kept.iter().all(|byte| *byte == mark));
                            moved
                        }
                    };
                    prop_assert_eq!(block.align_offset(SMALLEST), 0);
                    block.write_bytes(mark, size);
                    held[place] = Some((block, size));
                }
                for (place, one) in held.iter().enumerate() {
                    if let Some((block, size)) = *one {
                        // SAFETY: as above.
                        let bytes = unsafe { std::slice::from_raw_parts(block, size) };
                        let is_whole = bytes.iter().all(|byte| *byte == place as u8 + 1);
                        prop_assert!(is_whole);
                    }
                }
            }
        }
    }
}
