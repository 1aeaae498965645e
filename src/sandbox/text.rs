//! What GitLab does to a text before it stores it, and what it reads in it: task boxes, mentions.
//! Must not know of items.

/// Where a line of Markdown stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Region {
    /// An ordinary paragraph, heading or list.
    Plain,
    /// A fenced or indented code block, its fences included.
    Code,
    /// A block quote.
    Quote,
    /// An HTML block.
    Html,
    /// An HTML comment that starts its line.
    Comment,
}

/// What is open at the end of a line.
enum Open {
    Nothing,
    Fence(String),
    Quote,
    Comment,
    Html,
}

/// Drops every `\r` and the blanks at the end.
pub(super) fn normalise(text: &str) -> String {
    text.replace('\r', "").trim_end().to_owned()
}

/// Pairs every line with its region.
pub(super) fn lines(text: &str) -> Vec<(Region, &str)> {
    let mut open = Open::Nothing;
    text.split('\n')
        .map(|line| {
            let (region, next) = step(&open, line);
            if let Some(next) = next {
                open = next;
            }
            (region, line)
        })
        .collect()
}

/// Returns the region of a line, and what is open after it if that changes.
fn step(open: &Open, line: &str) -> (Region, Option<Open>) {
    let bare = line.trim_start();
    match open {
        Open::Fence(fence) => {
            let closes = bare.starts_with(fence.as_str())
                && bare.trim_end().chars().all(|c| fence.starts_with(c));
            (Region::Code, closes.then_some(Open::Nothing))
        }
        Open::Quote => (Region::Quote, (line.trim_end() == ">>>").then_some(Open::Nothing)),
        Open::Comment => (Region::Comment, line.contains("-->").then_some(Open::Nothing)),
        Open::Html if bare.is_empty() => (Region::Plain, Some(Open::Nothing)),
        Open::Html => (Region::Html, None),
        Open::Nothing => start(line, bare),
    }
}

fn start(line: &str, bare: &str) -> (Region, Option<Open>) {
    if line.trim_end() == ">>>" {
        (Region::Quote, Some(Open::Quote))
    } else if let Some(fence) = fence(bare) {
        (Region::Code, Some(Open::Fence(fence)))
    } else if line.starts_with("    ") || line.starts_with('\t') {
        (Region::Code, None)
    } else if bare.starts_with('>') {
        (Region::Quote, None)
    } else if let Some(comment) = bare.strip_prefix("<!--") {
        let open = (!comment.contains("-->")).then_some(Open::Comment);
        (Region::Comment, open)
    } else if opens_html(bare) {
        (Region::Html, Some(Open::Html))
    } else {
        (Region::Plain, None)
    }
}

fn fence(bare: &str) -> Option<String> {
    let mark = bare.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let fence: String = bare.chars().take_while(|c| *c == mark).collect();
    (fence.len() >= 3).then_some(fence)
}

fn opens_html(bare: &str) -> bool {
    const BLOCKS: &[&str] =
        &["details", "div", "p", "table", "pre", "ul", "ol", "section", "summary"];
    let Some(rest) = bare.strip_prefix('<') else {
        return false;
    };
    let rest = rest.strip_prefix('/').unwrap_or(rest);
    let name: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
    BLOCKS.contains(&name.to_ascii_lowercase().as_str())
}

/// Lists the `@handles` that notify: not those in code, quotes or comments.
pub(super) fn mentions(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (region, line) in lines(text) {
        if matches!(region, Region::Plain | Region::Html) {
            mentions_of_line(&without_code(line), &mut found);
        }
    }
    found
}

fn mentions_of_line(line: &str, found: &mut Vec<String>) {
    for (at, _) in line.match_indices('@') {
        let before = line[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '/' | '@')) {
            continue;
        }
        let handle: String = line[at + 1..]
            .chars()
            .take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '/'))
            .collect();
        let handle = handle.trim_end_matches(['.', '-', '/', '_']).to_owned();
        if !handle.is_empty() && !found.contains(&handle) {
            found.push(handle);
        }
    }
}

/// Blanks the code spans and comments of a line.
fn without_code(line: &str) -> String {
    let mut rest = line;
    let mut out = String::with_capacity(line.len());
    while let Some(at) = rest.find('`') {
        let ticks = rest[at..].chars().take_while(|c| *c == '`').count();
        let after = &rest[at + ticks..];
        let Some(end) = after.find(&"`".repeat(ticks)) else {
            break;
        };
        out.push_str(&rest[..at]);
        rest = &after[end + ticks..];
    }
    out.push_str(rest);
    strip_between(&out, "<!--", "-->")
}

/// Cuts every stretch from `open` to `close` out.
pub(super) fn strip_between(text: &str, open: &str, close: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(open) {
        out.push_str(&rest[..at]);
        let after = &rest[at + open.len()..];
        let Some(end) = after.find(close) else {
            return out;
        };
        rest = &after[end + close.len()..];
    }
    out.push_str(rest);
    out
}

/// Counts task boxes: all, and the ticked ones.
pub(super) fn tasks(text: &str) -> (usize, usize) {
    let (mut all, mut ticked) = (0, 0);
    for (region, line) in lines(text) {
        if region != Region::Plain {
            continue;
        }
        let Some(rest) = bullet(line.trim_start()) else {
            continue;
        };
        if rest.starts_with("[ ] ") {
            all += 1;
        } else if rest.starts_with("[x] ") || rest.starts_with("[X] ") {
            all += 1;
            ticked += 1;
        }
    }
    (all, ticked)
}

fn bullet(line: &str) -> Option<&str> {
    for mark in ["- ", "* ", "+ "] {
        if let Some(rest) = line.strip_prefix(mark) {
            return Some(rest.trim_start());
        }
    }
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    if rest.len() == line.len() {
        return None;
    }
    rest.strip_prefix(". ").map(str::trim_start)
}
