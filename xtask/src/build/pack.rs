//! The wasm as a text, for the scripts that carry it within.
//!
//! Base64 spreads three bytes over four letters, so that gzip does not find
//! again what repeats at another third: a fifth more is downloaded. Here each byte
//! is a letter of its own, or two, and gzip makes 1 % more of that than of the
//! bytes. `js/unpack.ts` reads it.

/// Letters for bytes 0 to 88; with [`SECOND`] before them 89 to 177, with
/// [`THIRD`] 178 to 255.
const ROW: u8 = 89;
const SECOND: char = '|';
const THIRD: char = '}';

/// A text of ASCII that needs no escapes between double quotes.
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

/// A script that exports the text, and how many bytes it stands for.
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
