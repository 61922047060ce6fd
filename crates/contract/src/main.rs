//! Prints `js/generated/contract.ts` or, with the argument `class`,
//! `src/class/types.d.ts`.

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("class") => print!("{}", natero_contract::class_types()),
        _ => print!("{}", natero_contract::contract()),
    }
}
