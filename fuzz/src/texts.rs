//! Texts made of few different lines, so that random ones have much in common.

/// What lines are made of; some share words, so that one reads like another in other words.
const PHRASES: [&str; 20] = [
    "tool",
    "tool finds packages",
    "tool finds malicious packages",
    "tool finds malicious packages while they install",
    "the owner asks",
    "the owner of the group asks",
    "group",
    "a | b",
    "a | c",
    "--- | ---",
    "(not created yet)",
    "see g/e&12+",
    "[x](https://a.b/c-d) now",
    "`code` and **bold**",
    "alpha. Beta!",
    "ä ö",
    "a a a a",
    "a a b a",
    "Steps",
    "Steps, as Ann sees them",
];

/// Who writes a text: each has words that the others do not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Base,
    People,
    Files,
}

/// The text of some bytes, a line a byte: three bits for its shape, five for its words.
pub fn text(bytes: &[u8], side: Side) -> String {
    bytes.iter().map(|byte| line(*byte, side)).collect::<Vec<_>>().join("\n")
}

fn line(byte: u8, side: Side) -> String {
    let words = words(usize::from(byte & 31), side);
    match byte >> 5 {
        0 => words,
        1 => format!("# {words}"),
        2 => format!("- {words}"),
        3 => format!("- [ ] {words}"),
        4 => format!("* [x] {words}"),
        5 => format!("| {words} |"),
        6 => format!("  + {words}"),
        // Fences come in two kinds, all other bytes with these bits are blank lines.
        _ => match byte & 31 {
            0 => "```".into(),
            1 => "~~~~".into(),
            2 => "> ".to_owned() + &words,
            3 => "\r".into(),
            _ => String::new(),
        },
    }
}

/// A phrase that everybody knows, or one with a word of one side's own in it.
fn words(at: usize, side: Side) -> String {
    let sign = match side {
        Side::Base => "b",
        Side::People => "p",
        Side::Files => "f",
    };
    match PHRASES.get(at) {
        Some(phrase) => (*phrase).to_owned(),
        None if at < 24 => format!("{sign}{at}"),
        None if at < 28 => format!("tool finds {sign}{at} packages"),
        None => format!("the owner of {sign}{at} group asks"),
    }
}
