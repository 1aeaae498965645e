//! The smaller schemas of a Community build and of older versions. Must not know of anything but
//! text.

/// Returns the SDL without the lines and blocks that are marked `# EE`.
pub fn community_sdl(sdl: &str) -> String {
    without(sdl, "# EE")
}

/// Returns the SDL without what came with 18.3: lines and blocks that are marked so.
pub fn older_sdl(sdl: &str) -> String {
    without(sdl, "# 18.3")
}

fn without(sdl: &str, mark: &str) -> String {
    let mut kept = String::with_capacity(sdl.len());
    let mut until: Option<char> = None;
    for line in sdl.lines() {
        if let Some(end) = until {
            if line.trim_start().starts_with(end) {
                until = None;
            }
            continue;
        }
        match line.strip_suffix(mark) {
            Some(head) => until = closing_of(head.trim_end()),
            None => {
                kept.push_str(line);
                kept.push('\n');
            }
        }
    }
    kept
}

/// The character that starts the last line of what `head` opens, if it opens anything.
fn closing_of(head: &str) -> Option<char> {
    match head.chars().last() {
        Some('{') => Some('}'),
        Some('(') => Some(')'),
        _ => None,
    }
}
