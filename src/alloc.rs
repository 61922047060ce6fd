//! A small allocator for a module that allocates little.
//!
//! Sizes are rounded up to a power of two, each with a list of free blocks; new
//! blocks are cut off the end of memory. Taking and giving back are a few
//! instructions, blocks are used again for ever, and at worst half of the
//! memory is rounding. The default one, dlmalloc, is 4.6 KB of wasm, an eighth
//! of all; this is a tenth of that.

#![allow(unsafe_code, reason = "an allocator is made of raw memory")]

use std::{
    alloc::{GlobalAlloc, Layout},
    arch::wasm32::{memory_grow, memory_size},
    cell::UnsafeCell,
    ptr::null_mut,
};

const PAGE: usize = 64 * 1024;

/// Smallest block, as a power of two: no less than any alignment asked for,
/// and room for the pointer to the next free one.
const SMALLEST: u32 = 4;

struct Blocks {
    /// First free block of each size.
    free: [*mut u8; 32],
    /// Memory between these two has not been handed out.
    fresh: usize,
    end: usize,
}

struct Powers(UnsafeCell<Blocks>);

// SAFETY: wasm without threads: there is one, and it is never interrupted.
unsafe impl Sync for Powers {}

#[global_allocator]
static ALLOCATOR: Powers = Powers(UnsafeCell::new(Blocks {
    free: [null_mut(); 32],
    fresh: 0,
    end: 0,
}));

/// The size of block for a layout, as a power of two.
fn class(layout: Layout) -> u32 {
    let size = layout.size().max(layout.align());
    (usize::BITS - (size - 1).leading_zeros()).max(SMALLEST)
}

// SAFETY: blocks of a class are as large as the class and aligned to 16, more than
// anything here asks for, and each is either handed out or in its list.
unsafe impl GlobalAlloc for Powers {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let class = class(layout);
        // SAFETY: see `Sync`; free blocks hold the pointer to the next.
        unsafe {
            let blocks = &mut *self.0.get();
            let head = &mut blocks.free[class as usize & 31];
            let block = *head;
            if !block.is_null() {
                *head = *block.cast::<*mut u8>();
                return block;
            }
            let size = 1usize << class;
            if blocks.end - blocks.fresh < size {
                let pages = size.div_ceil(PAGE);
                let grown = memory_grow::<0>(pages);
                if grown == usize::MAX {
                    return null_mut();
                }
                // What is left of the old end is lost unless memory grew just
                // behind it, which it does when nobody else grows it.
                if blocks.end != grown * PAGE {
                    blocks.fresh = grown * PAGE;
                }
                blocks.end = memory_size::<0>() * PAGE;
            }
            let block = blocks.fresh;
            blocks.fresh += size;
            block as *mut u8
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above; the block is not used any more.
        unsafe {
            let head = &mut (*self.0.get()).free[class(layout) as usize & 31];
            *block.cast::<*mut u8>() = *head;
            *head = block;
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the size is not 0 and the alignment is that of `layout`.
        unsafe {
            let wanted = Layout::from_size_align_unchecked(size, layout.align());
            if class(wanted) == class(layout) {
                return block;
            }
            let moved = self.alloc(wanted);
            if !moved.is_null() {
                moved.copy_from_nonoverlapping(block, layout.size().min(size));
                self.dealloc(block, layout);
            }
            moved
        }
    }
}
