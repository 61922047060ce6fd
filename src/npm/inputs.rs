//! Reports of the browser, the server and `beforeSend`.

use std::num::NonZeroU32;

use natero_engine::{
    Announcement, Answer, Cookies, Input, Millis, RequestId, Response, SegmentId, Start, View,
};
use wasm_bindgen::prelude::*;

use super::{
    core::Core,
    text::{OptionalText, Text},
};

#[wasm_bindgen]
impl Core {
    /// Tracking begins: the first input, once. A worker has no `url`. Cookies
    /// that are missing are empty.
    #[expect(clippy::too_many_arguments, reason = "one crossing for all")]
    pub fn start(
        &mut self,
        mono: f64,
        wall: f64,
        visible: bool,
        offline: bool,
        url: &OptionalText,
        title: &Text,
        referrer: &Text,
        #[wasm_bindgen(js_name = sessionCookie)] session: &Text,
        #[wasm_bindgen(js_name = visitorCookie)] visitor: &Text,
    ) {
        let url = url.read();
        let title = title.read();
        let referrer = referrer.read();
        let session = session.read();
        let visitor = visitor.read();
        let start = Start {
            visible,
            offline,
            view: url.as_deref().map(|url| View { url, title: &title }),
            referrer: &referrer,
            cookies: Cookies {
                session: &session,
                visitor: &visitor,
            },
        };
        self.handle(mono, wall, Input::Start(start));
    }

    /// The user did something.
    pub fn activity(&mut self, mono: f64, wall: f64) {
        self.handle(mono, wall, Input::Activity);
    }

    /// The focus went into a frame in which nobody hears what the user does, or
    /// came out of it.
    #[wasm_bindgen(js_name = frameFocused)]
    pub fn frame_focused(&mut self, mono: f64, wall: f64, focused: bool) {
        self.handle(mono, wall, Input::FrameFocused(focused));
    }

    /// The page became visible.
    pub fn shown(&mut self, mono: f64, wall: f64) {
        self.handle(mono, wall, Input::Shown);
    }

    /// The page is hidden, or about to go.
    pub fn hidden(&mut self, mono: f64, wall: f64) {
        self.handle(mono, wall, Input::Hidden);
    }

    /// The time that `wakeAt()` named may have come.
    pub fn timer(&mut self, mono: f64, wall: f64) {
        self.handle(mono, wall, Input::Timer);
    }

    /// The task ends in which `persistAtTaskEnd` was asked for.
    #[wasm_bindgen(js_name = taskEnded)]
    pub fn task_ended(&mut self, mono: f64, wall: f64) {
        self.handle(mono, wall, Input::TaskEnded);
    }

    /// The page came back from the back/forward cache.
    pub fn restored(&mut self, mono: f64, wall: f64) {
        self.handle(mono, wall, Input::Restored);
    }

    /// The values of the cookies, as `readCookies` asked.
    #[wasm_bindgen(js_name = cookiesRead)]
    pub fn cookies_read(&mut self, mono: f64, wall: f64, session: &Text, visitor: &Text) {
        let session = session.read();
        let visitor = visitor.read();
        let cookies = Cookies {
            session: &session,
            visitor: &visitor,
        };
        self.handle(mono, wall, Input::CookiesRead(cookies));
    }

    /// The page moved on without a load, or came back from the back/forward
    /// cache.
    pub fn navigated(&mut self, mono: f64, wall: f64, url: &Text, title: &Text) {
        let url = url.read();
        let title = title.read();
        self.handle(
            mono,
            wall,
            Input::Navigated(View {
                url: &url,
                title: &title,
            }),
        );
    }

    /// Another tab announced this.
    #[wasm_bindgen(js_name = otherTab)]
    pub fn other_tab(&mut self, mono: f64, wall: f64, announcement: f64) {
        self.handle(mono, wall, Input::OtherTab(Announcement(announcement)));
    }

    /// The browser says that the network came or went.
    pub fn online(&mut self, mono: f64, wall: f64, online: bool) {
        self.handle(mono, wall, Input::Online(online));
    }

    /// The body of a request was sent once more.
    #[wasm_bindgen(js_name = sentAgain)]
    pub fn sent_again(&mut self, mono: f64, wall: f64, request: u32) {
        if let Some(request) = NonZeroU32::new(request) {
            self.handle(mono, wall, Input::SentAgain(RequestId(request)));
        }
    }

    /// The server answered a request with an HTTP status. `Retry-After` is in
    /// ms from now; `rejected` lines of an accepted batch were refused; of the
    /// ids it was asked about it lacks those in `lacking`.
    #[expect(clippy::too_many_arguments, reason = "one crossing for all")]
    pub fn answered(
        &mut self,
        mono: f64,
        wall: f64,
        request: u32,
        status: u16,
        #[wasm_bindgen(js_name = retryAfter)] retry_after: Option<f64>,
        rejected: u32,
        message: &Text,
        lacking: &OptionalText,
    ) {
        let message = message.read();
        let lacking = lacking.read();
        let answer = Answer {
            status,
            retry_after: retry_after.map(Millis),
            rejected: NonZeroU32::new(rejected),
            message: &message,
            lacking: lacking.as_deref(),
        };
        self.response(mono, wall, request, Some(answer));
    }

    /// No answer came to a request.
    pub fn unanswered(&mut self, mono: f64, wall: f64, request: u32) {
        self.response(mono, wall, request, None);
    }

    /// `beforeSend` let the oldest event of `filter` pass, as this line of JSON.
    pub fn filtered(&mut self, mono: f64, wall: f64, line: &Text) {
        let line = line.read();
        self.handle(mono, wall, Input::Filtered(&line));
    }

    /// `beforeSend` dropped it, and `threw` or returned no event.
    #[wasm_bindgen(js_name = filteredOut)]
    pub fn filtered_out(&mut self, mono: f64, wall: f64, threw: bool) {
        self.handle(mono, wall, Input::FilteredOut { threw });
    }

    /// A segment could not be written, or is not there any more.
    #[wasm_bindgen(js_name = writeFailed)]
    pub fn write_failed(&mut self, mono: f64, wall: f64, segment: u32) {
        if let Some(segment) = NonZeroU32::new(segment) {
            self.handle(mono, wall, Input::WriteFailed(SegmentId(segment)));
        }
    }

    /// The records of one segment that a closed page left.
    pub fn adopted(&mut self, mono: f64, wall: f64, records: &Text) {
        let records = records.read();
        self.handle(mono, wall, Input::Adopted(&records));
    }
}

impl Core {
    fn response(&mut self, mono: f64, wall: f64, request: u32, answer: Option<Answer<'_>>) {
        if let Some(request) = NonZeroU32::new(request) {
            let request = RequestId(request);
            self.handle(mono, wall, Input::Response(Response { request, answer }));
        }
    }
}
