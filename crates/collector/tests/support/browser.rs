//! A minimal browser: it has a cookie, requests pages and sends forms.

use axum::{body::Body, http::Request};

use super::{Answer, Collector};

/// A signed-in browser.
pub struct Browser<'a> {
    pub collector: &'a Collector,
    pub cookie: String,
}

pub fn sign_in_form() -> axum::http::request::Builder {
    Request::post("/sign-in")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin")
}

pub async fn sign_in(collector: &Collector, key: &str, next: &str) -> Answer {
    let body = Body::from(format!("key={key}&next={next}"));
    collector.ask(sign_in_form().body(body).unwrap()).await
}

/// `name=value` of the cookie that an answer sets.
pub fn cookie_of(answer: &Answer) -> String {
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

impl<'a> Browser<'a> {
    pub async fn of(collector: &'a Collector) -> Self {
        Self::with_key(collector, &collector.account_key).await
    }

    /// A browser that signs in with a key.
    pub async fn with_key(collector: &'a Collector, key: &str) -> Self {
        let answer = sign_in(collector, key, "").await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        Browser {
            collector,
            cookie: cookie_of(&answer),
        }
    }

    pub async fn ask(&self, path: &str) -> Answer {
        let request = Request::get(path)
            .header("cookie", &self.cookie)
            .body(Body::empty())
            .unwrap();
        self.collector.ask(request).await
    }

    /// Sends a form of a page.
    pub async fn post(&self, path: &str, form: &str) -> Answer {
        let request = Request::post(path)
            .header("cookie", &self.cookie)
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned()))
            .unwrap();
        self.collector.ask(request).await
    }

    /// Sends a form that has file fields: the names of the fields, and their contents.
    pub async fn upload(&self, path: &str, fields: &[(&str, &[u8])]) -> Answer {
        let mut body = Vec::new();
        for (name, content) in fields {
            let head =
                format!("--boundary\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
            body.extend(head.into_bytes());
            body.extend(*content);
            body.extend(b"\r\n");
        }
        body.extend(b"--boundary--\r\n");
        let request = Request::post(path)
            .header("cookie", &self.cookie)
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "multipart/form-data; boundary=boundary")
            .body(Body::from(body))
            .unwrap();
        self.collector.ask(request).await
    }

    /// The text of a page. The page must exist.
    pub async fn open(&self, path: &str) -> String {
        let answer = self.ask(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.text.replace('\u{a0}', " ")
    }
}

#[track_caller]
pub fn assert_shows(page: &str, texts: &[&str]) {
    for text in texts {
        assert!(page.contains(text), "{text:?} is missing in {page}");
    }
}
