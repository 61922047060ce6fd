//! Stored segments: any value in web storage under a key of the tracker.
//!
//! Storage belongs to the whole host page, so a segment may contain anything. Adopting one
//! must not panic, must count each event once, and must store the result in a form that the
//! next page adopts completely.

#![no_main]

use libfuzzer_sys::fuzz_target;
use natero_engine::{
    Answer, Call, Config, Effect, Engine, FlushId, Input, Mono, Now, Response, Seed, Start, Wall,
};
use natero_event::Id;

/// The clock of every page when it adopts.
const NOW: Now = Now {
    mono: Mono(1.0),
    wall: Wall(1_700_000_000_000.0),
};

/// The server confirms everything.
const CONFIRMED: Answer<'static> = Answer {
    status: 200,
    retry_after: None,
    rejected: None,
    message: "",
    lacking: None,
};

/// A time at which every wait that a segment can cause is over.
const LATER: Now = Now {
    mono: Mono(1e9),
    wall: Wall(1_701_000_000_000.0),
};

/// The result of adopting segments on a page.
struct Adopted {
    /// The segments that it stored as its own, in order.
    segments: Vec<String>,
    /// The lines that it sends on a flush.
    sent: Vec<String>,
}

fuzz_target!(|data: &[u8]| {
    // Web storage holds text, so a browser passes nothing else.
    let text = String::from_utf8_lossy(data);
    let first = adopt(&[&text]);
    for line in &first.sent {
        assert!(line.starts_with('{') && line.ends_with('}'), "{line:?}");
    }
    let segments: Vec<&str> = first.segments.iter().map(String::as_str).collect();
    let second = adopt(&segments);
    assert_eq!(second.sent, first.sent);
    assert_eq!(second.segments.concat(), first.segments.concat());
});

/// A page that adopts these segments and then flushes.
fn adopt(segments: &[&str]) -> Adopted {
    let config = Config {
        account_id: Id::new("acme").map(Into::into),
        user_id: Id::new("ann").map(Into::into),
        track_page_views: false,
        ..Config::default()
    };
    let mut engine = Engine::new(config, Seed([1, 2, 3, 4]), NOW);
    let mut adopted = Adopted {
        segments: Vec::new(),
        sent: Vec::new(),
    };
    let start = Input::Start(Start::default());
    tell(&mut engine, NOW, start, &mut adopted);
    for segment in segments {
        tell(&mut engine, NOW, Input::Adopted(segment), &mut adopted);
    }
    let flush = Input::Call(Call::Flush(FlushId(1)));
    tell(&mut engine, LATER, flush, &mut adopted);
    let mut queued = (0..).map_while(|at| engine.queued_event(at));
    // Only events without a user, in another account, may stay: they wait until a page has
    // that account.
    let unsent = queued.find(|event| event.lacks_account || !event.lacks_user);
    assert!(unsent.is_none(), "it was to be sent: {unsent:#?}");
    drop(queued);
    adopted
}

/// Passes an input to the engine, and performs effects until none is left.
fn tell(engine: &mut Engine, now: Now, input: Input<'_>, adopted: &mut Adopted) {
    engine.handle(now, input);
    while let Some(effect) = engine.poll_effect() {
        match effect {
            Effect::Store { records, .. } => adopted.segments.push(records),
            Effect::Send(request) => {
                adopted.sent.extend(request.body.lines().map(str::to_owned));
                let response = Response {
                    request: request.request,
                    answer: Some(CONFIRMED),
                };
                engine.handle(now, Input::Response(response));
            }
            Effect::AbortRequest { .. }
            | Effect::WarnUnreachable { .. }
            | Effect::Filter { .. }
            | Effect::ReportLoss(_)
            | Effect::WarnAccountChanged { .. }
            | Effect::ShowEvent { .. }
            | Effect::ReadCookies
            | Effect::SetSession { .. }
            | Effect::SetVisitor { .. }
            | Effect::EraseCookies
            | Effect::AnnounceTab { .. }
            | Effect::ResolveFlush(_)
            | Effect::ClaimStorage { .. }
            | Effect::PersistAtTaskEnd
            | Effect::RemoveSegment { .. }
            | Effect::AdoptOrphans
            | Effect::ShareWait { .. }
            | Effect::EraseStorage
            | Effect::Detach => {}
        }
    }
}
