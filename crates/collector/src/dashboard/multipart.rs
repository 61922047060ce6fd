//! Reads forms with files, as browsers send them (RFC 7578).
//!
//! A form is small enough to be held in memory, so no streaming parser is needed.

use axum::http::{HeaderMap, header};

/// A field of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field<'a> {
    pub(super) name: &'a str,
    pub(super) content: &'a [u8],
}

/// The form is not in the format that browsers send, or was cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken;

/// The boundary that separates the fields, if the request has one.
pub(super) fn boundary(headers: &HeaderMap) -> Option<String> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let (kind, parameters) = kind.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    parameter(parameters, "boundary").map(str::to_owned)
}

/// Reads the fields in their order.
///
/// # Errors
/// When a part is incomplete or has no name.
pub(super) fn read<'a>(body: &'a [u8], boundary: &str) -> Result<Vec<Field<'a>>, Broken> {
    let delimiter = format!("\r\n--{boundary}").into_bytes();
    // Before the first boundary there is nothing, not even a line break.
    let mut rest = body.strip_prefix(&delimiter[2..]).ok_or(Broken)?;
    let mut fields = Vec::new();
    while !rest.starts_with(b"--") {
        let part = rest.strip_prefix(b"\r\n").ok_or(Broken)?;
        let (part, after) = split(part, &delimiter).ok_or(Broken)?;
        fields.push(field(part)?);
        rest = after;
    }
    Ok(fields)
}

fn field(part: &[u8]) -> Result<Field<'_>, Broken> {
    let (head, content) = split(part, b"\r\n\r\n").ok_or(Broken)?;
    let head = std::str::from_utf8(head).map_err(|_| Broken)?;
    let disposition = head.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-disposition")
            .then_some(value)
    });
    let (_, parameters) = disposition
        .and_then(|value| value.split_once(';'))
        .ok_or(Broken)?;
    let name = parameter(parameters, "name").ok_or(Broken)?;
    Ok(Field { name, content })
}

/// The value of a parameter such as `name=value` or `name="value"`. Browsers write a quote
/// within a value as `%22`, so the next quote ends it.
fn parameter<'a>(mut parameters: &'a str, wanted: &str) -> Option<&'a str> {
    loop {
        let (name, rest) = parameters.split_once('=')?;
        let (value, rest) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => rest.split_at(rest.find(';').unwrap_or(rest.len())),
        };
        if name.trim().eq_ignore_ascii_case(wanted) {
            return Some(value.trim());
        }
        parameters = rest.trim_start().strip_prefix(';')?;
    }
}

/// The text before and after the first occurrence of a separator.
fn split<'a>(text: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = text
        .windows(separator.len())
        .position(|window| window == separator)?;
    Some((&text[..at], &text[at + separator.len()..]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn headers(kind: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::CONTENT_TYPE, kind.parse().unwrap())])
    }

    #[test]
    fn the_boundary_is_that_of_the_content_type() {
        let of = |kind: &str| boundary(&headers(kind));
        assert_eq!(
            of("multipart/form-data; boundary=----WebKitFormBoundaryx").as_deref(),
            Some("----WebKitFormBoundaryx")
        );
        assert_eq!(
            of("Multipart/Form-Data; charset=utf-8; Boundary=\"a b\"").as_deref(),
            Some("a b")
        );
        for other in [
            "multipart/form-data",
            "multipart/form-data; charset=utf-8",
            "multipart/mixed; boundary=a",
            "application/x-www-form-urlencoded",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
        assert_eq!(boundary(&HeaderMap::new()), None);
    }

    #[test]
    fn a_form_is_read_as_browsers_send_it() {
        let body = "--b\r\nContent-Disposition: form-data; name=\"kind\"\r\n\r\nusers\r\n\
                    --b\r\nContent-Disposition: form-data; filename=\"a; name=%22x%22.csv\"; name=\"file\"\r\n\
                    Content-Type: text/csv\r\n\r\nid\r\n--a\r\n\r\n\r\n--b--\r\n";
        let fields = read(body.as_bytes(), "b").unwrap();
        let named: Vec<_> = fields
            .iter()
            .map(|field| (field.name, std::str::from_utf8(field.content).unwrap()))
            .collect();
        assert_eq!(named, [("kind", "users"), ("file", "id\r\n--a\r\n\r\n")]);
    }

    #[test]
    fn what_is_no_form_is_refused() {
        for body in [
            "",
            "--b",
            "--b\r\n",
            "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nbroke off",
            "--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--",
            "--b\r\nContent-Disposition: form-data; name=\"a\r\n\r\nx\r\n--b--",
            "--b\r\nContent-Type: text/csv\r\n\r\nx\r\n--b--",
            "--b\r\nno line without content\r\n--b--",
            "x\r\n--b--",
        ] {
            assert_eq!(read(body.as_bytes(), "b"), Err(Broken), "{body}");
        }
    }

    proptest! {
        #[test]
        fn any_content_is_read_as_it_was_sent(
            contents in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..99), 0..5)
        ) {
            let mut body = Vec::new();
            for content in &contents {
                body.extend(b"--0abc9\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n");
                body.extend(content);
                body.extend(b"\r\n");
            }
            body.extend(b"--0abc9--\r\n");
            let read: Vec<_> = read(&body, "0abc9").unwrap().iter().map(|field| field.content.to_vec()).collect();
            prop_assert_eq!(read, contents);
        }

        #[test]
        fn no_body_makes_it_panic(body in "(--b|\r\n|name=|\"|;|:|Content-Disposition|[a-z]){0,40}") {
            let _ = read(body.as_bytes(), "b");
        }
    }
}
