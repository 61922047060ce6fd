//! What a page may store.

use std::num::NonZeroU32;

use wasm_bindgen_test::wasm_bindgen_test;

use super::*;

#[wasm_bindgen_test]
fn what_a_page_writes_as_it_goes_is_bounded_together_with_what_it_wrote_before() {
    let storage = Box::leak(Box::new(PageStorage::new(
        "bound_",
        "s",
        100,
        Box::new(|_| {}),
    )));
    let write = |segment, bytes| {
        let segment = NonZeroU32::new(segment).map(SegmentId).expect("from 1 on");
        storage.write(segment, &"a".repeat(bytes))
    };
    storage.claim("page");
    assert!(write(1, 60));
    storage.close();
    assert!(!write(2, 60), "more than 100 bytes");
    assert!(write(2, 40));
    assert!(write(1, 50), "in place of what it was");
    assert!(write(1, 70), "what stood there stays");
    let stays = read_stored("bound_q1.s.page-1.1").map(|records| records.len());
    assert_eq!(stays, Some(50));
    storage.erase();
}
