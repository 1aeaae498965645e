//! A burndown as SVG: what is open and what there is at all, day by day. Colours are the page's.

use super::escape;

/// Width and height of the picture.
const SIZE: (f64, f64) = (720.0, 240.0);
/// Room for labels: on the left, on the right, above and below.
const ROOM: (f64, f64, f64, f64) = (44.0, 64.0, 16.0, 28.0);

/// The end of a day on which something changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Days since the beginning.
    pub day: u32,
    /// What was open then.
    pub open: u32,
    /// What there was at all.
    pub total: u32,
}

/// Draws a burndown from `first` to `last`, days in words; nothing where there is nothing to draw.
#[must_use]
pub fn burndown(moments: &[Moment], first: &str, last: &str) -> String {
    let (Some(begin), Some(end)) = (moments.first(), moments.last()) else {
        return String::new();
    };
    let most = moments.iter().map(|moment| moment.total.max(moment.open)).max().unwrap_or(0).max(1);
    let (left, right, top, below) = ROOM;
    let (width, height) = (SIZE.0 - left - right, SIZE.1 - top - below);
    let days = f64::from(end.day.saturating_sub(begin.day).max(1));
    let x = |day: u32| left + width * f64::from(day.saturating_sub(begin.day)) / days;
    let y = |n: u32| top + height * (1.0 - f64::from(n) / f64::from(most));
    // Nothing moves between two moments: each level lasts until the next.
    let line = |of: fn(&Moment) -> u32| -> String {
        let mut path = format!("M{:.1} {:.1}", x(begin.day), y(of(begin)));
        for moment in &moments[1..] {
            path.push_str(&format!("H{:.1}V{:.1}", x(moment.day), y(of(moment))));
        }
        path + &format!("H{:.1}", left + width)
    };
    let (open, all) = (line(|moment| moment.open), line(|moment| moment.total));
    let (bottom, edge) = (top + height, left + width);
    let told = format!(
        "From {first} to {last}: {} of {} open at first, {} of {} at last",
        begin.open, begin.total, end.open, end.total
    );
    let text = |class: &str, x: f64, y: f64, text: &str| {
        format!("<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>", escape(text))
    };
    let beside = |n: u32, what: &str| text("", edge + 8.0, y(n), &format!("{n} {what}"));
    let mut out = format!(
        "<div class=\"picture burndown\" role=\"group\" aria-label=\"Burndown\" tabindex=\"0\"><svg role=\"img\" width=\"{0:.0}\" height=\"{1:.0}\" viewBox=\"0 0 {0:.0} {1:.0}\"><title>{2}</title>\n",
        SIZE.0,
        SIZE.1,
        escape(&told)
    );
    for n in [0, most] {
        let at = y(n);
        out.push_str(&format!(
            "<path class=\"axis\" d=\"M{left:.1} {at:.1}H{edge:.1}\"/>{}",
            text("end", left - 8.0, at, &n.to_string())
        ));
    }
    out.push_str(&format!("\n<path class=\"under\" d=\"{open}V{bottom:.1}H{left:.1}Z\"/>\n"));
    out.push_str(&format!(
        "<path class=\"all\" d=\"{all}\"/>\n<path class=\"open\" d=\"{open}\"/>\n"
    ));
    out.push_str(&beside(end.open, "open"));
    // Two labels on one spot cannot be read.
    if y(end.open) - y(end.total) >= 14.0 {
        out.push_str(&beside(end.total, "in all"));
    }
    out.push_str(&text("", left, SIZE.1 - 10.0, first));
    out.push_str(&text("end", edge, SIZE.1 - 10.0, last));
    out.push_str("\n</svg></div>\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(day: u32, open: u32, total: u32) -> Moment {
        Moment { day, open, total }
    }

    #[test]
    fn a_level_lasts_until_the_next_and_to_the_end() {
        let svg = burndown(&[moment(0, 4, 4), moment(5, 2, 4), moment(10, 1, 4)], "a", "b");
        let (left, edge) = (ROOM.0, SIZE.0 - ROOM.1);
        let middle = (left + edge) / 2.0;
        let path = format!("class=\"open\" d=\"M{left:.1} 16.0H{middle:.1}V");
        assert!(svg.contains(&path), "{path} in {svg}");
        assert!(svg.contains("4 of 4 open at first, 1 of 4 at last"), "{svg}");
        assert!(svg.contains("1 open</text>") && svg.contains("4 in all</text>"), "{svg}");
    }

    #[test]
    fn odd_numbers_are_drawn_within_the_picture() {
        for moments in [
            vec![moment(0, 0, 0)],
            vec![moment(7, 3, 3)],
            vec![moment(0, 9, 1), moment(0, 1, 1)],
            vec![moment(9, 1, 1), moment(3, 1, 1)],
            vec![moment(0, u32::MAX, u32::MAX), moment(u32::MAX, 0, u32::MAX)],
        ] {
            let svg = burndown(&moments, "<b>", "\u{202e}");
            let odd = ["NaN", "inf", "M-", "H-", "V-", " -", "\"-"];
            assert!(odd.iter().all(|odd| !svg.contains(odd)), "{svg}");
            assert!(svg.contains("&lt;b&gt;") && !svg.contains('\u{202e}'), "{svg}");
        }
        assert_eq!(burndown(&[], "a", "b"), "");
    }
}
