//! Performs the engine's effects.

use std::{cell::Cell, rc::Rc};

use natero_engine::{
    Answer, Cookies, Effect, Input, Millis, Mono, Now, Request, RequestId, Response,
    host_constants::{ASKED_PARAMETER, MAX_COPIES},
};
use natero_event::json::{push_ascii, push_int};

use super::{
    Browser, Decision, clock,
    console::{Level, print},
    cookies::CookieValues,
    executor, guard,
    transport::{self, Abort, Outcome, Posting, ServerAnswer},
    unreachable,
};
use crate::{
    error::{ErrorCode, Problem},
    host::Platform,
};

impl Platform for Browser {
    fn now(&self) -> Now {
        clock::now()
    }

    fn perform(&self, effect: Effect, answer: &mut dyn FnMut(Input<'_>)) {
        let storage = self.storage();
        match effect {
            Effect::Send(request) => self.send(request),
            Effect::AbortRequest { request } => self.abort(request),
            Effect::WarnUnreachable { status } => self.warn_unreachable(status),
            Effect::Filter { line } => match self.filter(&line) {
                Decision::Pass(line) => answer(Input::Filtered(&line)),
                Decision::Drop => answer(Input::FilteredOut { threw: false }),
                Decision::Threw => answer(Input::FilteredOut { threw: true }),
            },
            Effect::ReportLoss(loss) => {
                self.host()
                    .platform
                    .problems
                    .report_loss(Problem::of_loss(&loss));
            }
            Effect::WarnAccountChanged { user } => {
                let warning = [
                    "the account changed under user ",
                    &user,
                    ", and a user belongs to one account. Where another user signs in, set the user first.",
                ];
                self.problems.warn(&warning.concat());
            }
            Effect::ShowEvent {
                line,
                waits_for_ids,
            } => {
                let waits = if waits_for_ids {
                    " (waits for accountId and userId)"
                } else {
                    ""
                };
                print(Level::Log, &["event", waits, " ", &line].concat());
            }
            Effect::ReadCookies => {
                let CookieValues { session, visitor } = self.cookies.read();
                answer(Input::CookiesRead(Cookies {
                    session: &session,
                    visitor: &visitor,
                }));
            }
            Effect::SetSession { value, max_age } => {
                self.warn(self.cookies.set_session(&value, max_age));
            }
            Effect::SetVisitor { value, max_age } => {
                self.warn(self.cookies.set_visitor(&value, max_age));
            }
            Effect::EraseCookies => self.cookies.erase(),
            Effect::AnnounceTab {
                announcement,
                through_storage,
            } => {
                if let Some(tabs) = self.page_listeners().and_then(|listeners| listeners.tabs) {
                    tabs.announce(announcement, through_storage);
                }
            }
            Effect::ResolveFlush(outcome) => self.flushes.resolve(outcome),
            Effect::ClaimStorage { stream } => {
                if let Some(storage) = storage {
                    storage.claim(&stream);
                }
            }
            Effect::PersistAtTaskEnd => {
                let host = self.host();
                executor::later(move || host.send_input(Input::TaskEnded));
            }
            Effect::Store { segment, records } => {
                let is_stored = storage.is_some_and(|it| it.write(segment, &records));
                if !is_stored {
                    answer(Input::WriteFailed(segment));
                }
            }
            Effect::RemoveSegment { segment } => {
                if let Some(storage) = storage {
                    storage.remove(segment);
                }
            }
            Effect::AdoptOrphans => {
                if let Some(storage) = storage {
                    storage.adopt_orphans();
                }
            }
            Effect::ShareWait { record } => {
                if let Some(storage) = storage {
                    storage.share(&record);
                }
            }
            Effect::EraseStorage => {
                if let Some(storage) = storage {
                    storage.erase();
                }
            }
            Effect::Detach => self.detach(),
        }
    }

    fn wake_at(&self, due: Option<Mono>) -> bool {
        self.wake_up_at(due)
    }

    fn runs_page_code(&self) -> bool {
        self.before_send.is_some() || self.settings.debug
    }
}

impl Browser {
    fn filter(&self, line: &str) -> Decision {
        let Some(before_send) = &self.before_send else {
            return Decision::Pass(line.to_owned());
        };
        self.is_filtering.set(true);
        // If it panics, it returns nothing.
        let decision = guard::run(|| before_send(line)).unwrap_or(Decision::Threw);
        self.is_filtering.set(false);
        decision
    }

    fn warn(&self, problem: Option<String>) {
        if let Some(problem) = problem {
            self.problems.warn(&problem);
        }
    }

    fn send(&self, request: Request) {
        let Request {
            request,
            events,
            body,
            asked,
            keepalive,
            unloading,
        } = request;
        let mut count = String::new();
        push_int(&mut count, i64::from(events));
        self.log(request, &[&count, " events"]);
        let mut url = self.source.url.clone();
        if !asked.is_empty() {
            push_ascii(&mut url, b'?');
            url.push_str(ASKED_PARAMETER);
            push_ascii(&mut url, b'=');
            url.push_str(&asked);
        }
        let host = self.host();
        let abort = Abort::new();
        let posting = Posting {
            url,
            body,
            keepalive,
            unloading,
            compress: self.settings.compress,
            abort: Some(Rc::clone(&abort)),
            is_posted: Cell::new(false),
            counts: Some((host, request)),
            transport: self.transport,
        };
        self.aborts.borrow_mut().push((request, abort));
        self.copy(&posting);
        let ended = move |outcome| host.platform.request_ended(request, outcome);
        transport::post(posting, Box::new(ended));
    }

    /// Posts a copy of a batch. If too many copies are unanswered, no more are sent: the
    /// same server may take the events.
    fn copy(&self, posting: &Posting) {
        let Some(url) = &self.settings.debug_url else {
            return;
        };
        if posting.body.is_empty() || self.copies.get() >= MAX_COPIES {
            return;
        }
        self.copies.set(self.copies.get() + 1);
        let copy = Posting {
            url: url.clone(),
            compress: false,
            abort: None,
            counts: None,
            ..posting.clone()
        };
        let host = self.host();
        let ended = move |_| {
            host.platform.copies.set(host.platform.copies.get() - 1);
        };
        transport::post(copy, Box::new(ended));
    }

    fn request_ended(&self, request: RequestId, outcome: Outcome) {
        self.aborts.borrow_mut().retain(|(it, _)| *it != request);
        let answer = match outcome {
            Outcome::Answered(answer) => {
                self.obstacle.set(None);
                Some(answer)
            }
            Outcome::Blocked(obstacle) => {
                self.obstacle.set(Some(obstacle));
                None
            }
            Outcome::Unanswered => None,
        };
        match &answer {
            Some(answer) => {
                let mut status = String::from("answered ");
                push_int(&mut status, i64::from(answer.status));
                self.log(request, &[&status]);
            }
            None => self.log(request, &["no answer"]),
        }
        self.host().send_input_with(Box::new(move |engine, now| {
            let answer = answer.as_ref().map(engine_answer);
            engine.handle(now, Input::Response(Response { request, answer }));
        }));
    }

    fn abort(&self, request: RequestId) {
        let aborts = self.aborts.borrow();
        let abort = aborts.iter().find(|(it, _)| *it == request);
        let abort = abort.map(|(_, abort)| Rc::clone(abort));
        drop(aborts);
        if let Some(abort) = abort {
            abort.abort();
        }
    }

    fn warn_unreachable(&self, status: Option<u16>) {
        let host = self.host();
        let found = move |cause: &str| {
            let message = [
                "the collector has taken nothing for a minute: ",
                cause,
                ". The events are kept.",
            ];
            host.platform.problems.report(Problem {
                code: ErrorCode::Unreachable.code(),
                message: message.concat(),
                dropped: 0,
            });
        };
        match status {
            Some(status) => {
                let mut cause = String::from("it answers ");
                push_int(&mut cause, i64::from(status));
                found(&cause);
            }
            None => unreachable::cause(&self.source.url, self.obstacle.get(), move |cause| {
                found(cause.text());
            }),
        }
    }

    fn log(&self, request: RequestId, what: &[&str]) {
        if self.settings.debug {
            print(Level::Log, &transport::request_line(request.0, what));
        }
    }
}

fn engine_answer(answer: &ServerAnswer) -> Answer<'_> {
    Answer {
        status: answer.status,
        retry_after: answer.retry_after.map(Millis),
        rejected: answer.rejected,
        lacking: answer.lacking.as_deref(),
        message: &answer.message,
    }
}
