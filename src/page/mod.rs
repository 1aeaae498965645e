//! HTML for people's browsers: Markdown as GitLab would show it, differences of
//! texts, and the frame of a page. Pure, and without anything from outside: no
//! script, picture, font or style is ever loaded.

mod boxes;
mod burndown;
mod diff;
mod html;
mod markdown;
mod picture;
mod references;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

pub use boxes::{boxes, flipped};
pub use burndown::{Moment, burndown};
pub use diff::diff;
pub use markdown::{markdown, markdown_with};
pub use references::{REF_CLOSE, REF_OPEN, Target, label, person};

/// The look of everything that is made here, in light, in dark and on paper.
pub const STYLE: &str = include_str!("style.css");

/// Makes a text safe inside an element and inside a quoted attribute.
///
/// Characters that could turn text around or that no browser shows are left out.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let shown = |c: &char| !is_unseen(*c) && !matches!(*c, REF_OPEN | REF_CLOSE);
    for c in text.chars().filter(shown) {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

/// Control characters, and those that change the direction of text.
fn is_unseen(c: char) -> bool {
    let control = c.is_control() && !matches!(c, '\n' | '\t');
    control
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A whole page: its title, its styles and scripts (both inline), and its body as HTML.
///
/// Its policy lets the browser run and load nothing but these two.
#[must_use]
pub fn document(title: &str, style: &str, script: &str, body: &str) -> String {
    framed(title, style, script, body, "")
}

/// A page like `document` that may also talk to the server it came from.
#[must_use]
pub fn served_document(title: &str, style: &str, script: &str, body: &str) -> String {
    framed(title, style, script, body, "; connect-src 'self'; form-action 'self'")
}

fn framed(title: &str, style: &str, script: &str, body: &str, more: &str) -> String {
    let form = if more.is_empty() { "; form-action 'none'" } else { "" };
    let run = if script.is_empty() { "'none'".to_owned() } else { hash(script) };
    let script = match script {
        "" => String::new(),
        script => format!("\n<script>{script}</script>"),
    };
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src {}; script-src {run}; base-uri 'none'{form}{more}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{}</title>\n<style>{style}</style>\n</head>\n<body>\n{body}{script}\n</body>\n</html>\n",
        hash(style),
        escape(title)
    )
}

/// What a policy calls an inline style or script by.
fn hash(source: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(source.as_bytes())))
}

#[cfg(test)]
mod tests;
