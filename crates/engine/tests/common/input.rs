//! Short forms of inputs, to keep tests readable.

use std::num::NonZeroU32;

use natero_engine::{
    Answer, Call, FlushId, Input, Millis, Override, RequestId, Response, SegmentId,
};
use natero_event::{Id, Number};

/// An id. Panics if the text is not a valid one.
pub fn id(text: &str) -> Id<'_> {
    Id::new(text).expect("an id")
}

/// A feature event with only its name.
pub fn feature(name: &str) -> Call<'_> {
    Call::Feature {
        feature: id(name),
        total: Number::ONE,
        module: Override::Sticky,
        product: Override::Sticky,
        details: None,
    }
}

/// `flush()`
pub fn flush(number: u32) -> Call<'static> {
    Call::Flush(FlushId(number))
}

/// The request of this number.
pub fn request(number: u32) -> RequestId {
    RequestId(NonZeroU32::new(number).expect("requests are counted from 1"))
}

/// The segment of this number.
pub fn segment(number: u32) -> SegmentId {
    SegmentId(NonZeroU32::new(number).expect("segments are counted from 1"))
}

/// No answer came.
pub fn unanswered(request: RequestId) -> Input<'static> {
    Input::Response(Response {
        request,
        answer: None,
    })
}

/// The server answered.
pub fn answered(
    request: RequestId,
    status: u16,
    retry_after: Option<Millis>,
    rejected: u32,
    message: &str,
) -> Input<'_> {
    Input::Response(Response {
        request,
        answer: Some(Answer {
            status,
            retry_after,
            rejected: NonZeroU32::new(rejected),
            message,
            lacking: None,
        }),
    })
}

/// The server took everything. Of the events it was asked about, it lacks these.
pub fn accepted(request: RequestId, lacking: &str) -> Input<'_> {
    Input::Response(Response {
        request,
        answer: Some(Answer {
            status: 200,
            retry_after: None,
            rejected: None,
            message: "",
            lacking: Some(lacking),
        }),
    })
}
