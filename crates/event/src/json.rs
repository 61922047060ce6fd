//! Writing JSON without a JSON library.

/// Appends `text` as a JSON string, quotes included.
pub fn push_str(out: &mut String, text: &str) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    push_ascii(out, b'"');
    let mut clean_from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let short = match byte {
            b'"' | b'\\' => byte,
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0..0x20 => b'u',
            _ => continue,
        };
        // Every escaped byte is ASCII, so both ends of the slice are character
        // boundaries.
        out.push_str(&text[clean_from..at]);
        clean_from = at + 1;
        push_ascii(out, b'\\');
        push_ascii(out, short);
        if short == b'u' {
            out.push_str("00");
            push_ascii(out, HEX[usize::from(byte >> 4)]);
            push_ascii(out, HEX[usize::from(byte & 15)]);
        }
    }
    out.push_str(&text[clean_from..]);
    push_ascii(out, b'"');
}

/// Appends one ASCII character. `String::push` handles every character, which costs 0.4
/// KB more wasm.
#[allow(unsafe_code, reason = "there is no other way around that")]
pub fn push_ascii(out: &mut String, byte: u8) {
    // SAFETY: a byte below 128 is a complete UTF-8 character.
    unsafe { out.as_mut_vec().push(byte & 0x7f) }
}

/// Appends a whole number. Written by hand because `core::fmt` costs almost 1 KB.
pub fn push_int(out: &mut String, value: i64) {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    let mut rest = value.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        push_ascii(out, b'-');
    }
    for digit in &digits[at..] {
        push_ascii(out, *digit);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    fn written(text: &str) -> String {
        let mut out = String::new();
        super::push_str(&mut out, text);
        out
    }

    proptest! {
        #[test]
        fn any_text_reads_back_as_it_was(text in any::<String>()) {
            let read: String = serde_json::from_str(&written(&text)).unwrap();
            prop_assert_eq!(read, text);
        }

        #[test]
        fn any_whole_number_reads_back_as_it_was(value in any::<i64>()) {
            let mut out = String::new();
            super::push_int(&mut out, value);
            prop_assert_eq!(out, value.to_string());
        }
    }

    #[test]
    fn control_characters_are_escaped_so_that_a_line_stays_one_line() {
        assert_eq!(
            written("a\nb\r\u{1f}\u{0}\"\\"),
            r#""a\nb\r\u001f\u0000\"\\""#
        );
    }
}
