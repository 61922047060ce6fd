//! The wasm as a text, for scripts that contain it.
//!
//! Base64 spreads three bytes over four characters, so gzip cannot recognise a repetition at
//! another offset modulo three, and a fifth more is downloaded. In this encoding, each byte
//! is one or two characters of its own, and gzip needs 1 % more than for the bytes.
//! `js/unpack.ts` decodes it.

/// Number of characters in a row. One character stands for bytes 0 to 88, one after
/// [`SECOND`] for 89 to 177, and one after [`THIRD`] for 178 to 255.
const ROW: u8 = 89;
const SECOND: char = '|';
const THIRD: char = '}';

/// An ASCII text that needs no escaping between double quotes.
pub fn pack(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 5 / 4);
    for byte in bytes {
        match byte / ROW {
            0 => {}
            1 => text.push(SECOND),
            _ => text.push(THIRD),
        }
        text.push(match b'#' + byte % ROW {
            b'\\' => '!',
            b'`' => ' ',
            letter => char::from(letter),
        });
    }
    text
}

/// A script that exports the text and the number of its bytes.
pub fn module(bytes: &[u8]) -> String {
    format!(
        "export const text = \"{}\";\nexport const size = {};\n",
        pack(bytes),
        bytes.len()
    )
}

#[cfg(test)]
mod tests {
    use super::pack;

    #[test]
    fn every_byte_has_letters_of_its_own_and_none_needs_an_escape() {
        let all: Vec<String> = (0..=255).map(|byte| pack(&[byte])).collect();
        let letters = all.concat();
        assert!(
            letters
                .bytes()
                .all(|letter| (b' '..=b'}').contains(&letter))
        );
        assert!(!letters.contains(['"', '\\', '`']));
        for (at, packed) in all.iter().enumerate() {
            assert!(!all[at + 1..].contains(packed), "{packed}");
        }
    }

    #[test]
    fn letters_stand_for_bytes_as_the_script_reads_them() {
        assert_eq!(pack(&[0, 57, 61, 88]), "#! {");
        assert_eq!(pack(&[89, 177, 178, 255]), "|#|{}#}p");
    }
}
