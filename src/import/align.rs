//! Lays a text along the template that it seems to be made from, line by line, holes and all.

/// A part of a line of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part<H> {
    Words(String),
    Hole(H),
}

/// One line, in all the ways in which it may read.
#[derive(Debug, Clone)]
pub(super) struct Step<H> {
    pub(super) ways: Vec<Vec<Part<H>>>,
    /// Whether many lines may be made from it.
    pub(super) repeats: bool,
}

/// A line of the text that is made from a step.
#[derive(Debug, Clone)]
pub(super) struct Met<'s, H> {
    /// Which step; of lines that stand elsewhere there is none.
    pub(super) step: Option<usize>,
    pub(super) line: usize,
    pub(super) way: &'s [Part<H>],
    /// What stands in each of its holes.
    pub(super) said: Vec<(&'s H, String)>,
}

/// No text with more pairs of lines than this is laid along a template.
const MOST: usize = 400_000;
/// Words of more letters tell no more.
const TELLING: usize = 60;

/// The lines of a text that are made from a template, in order.
pub(super) fn align<'s, H>(steps: &'s [Step<H>], text: &[String]) -> Vec<Met<'s, H>> {
    let (rows, columns) = (steps.len() + 1, text.len() + 1);
    if rows * columns > MOST {
        return Vec::new();
    }
    let at = |step: usize, line: usize| step * columns + line;
    let mut fits: Vec<Option<(u32, usize)>> = vec![None; rows * columns];
    let mut best = vec![0_u32; rows * columns];
    for step in (0..steps.len()).rev() {
        for line in (0..text.len()).rev() {
            let ways = steps[step].ways.iter().enumerate();
            let fit = ways.filter_map(|(way, parts)| Some((weight(parts, &text[line])?, way)));
            let fit = fit.max_by_key(|(weight, way)| (*weight, std::cmp::Reverse(*way)));
            fits[at(step, line)] = fit;
            let mut most = best[at(step + 1, line)].max(best[at(step, line + 1)]);
            if let Some((weight, _)) = fit {
                most = most.max(weight + best[at(step + 1, line + 1)]);
                if steps[step].repeats {
                    most = most.max(weight + best[at(step, line + 1)]);
                }
            }
            best[at(step, line)] = most;
        }
    }
    let (mut step, mut line) = (0, 0);
    let mut met = Vec::new();
    while step < steps.len() && line < text.len() {
        let now = best[at(step, line)];
        if let Some((weight, way)) = fits[at(step, line)] {
            let again = steps[step].repeats && now == weight + best[at(step, line + 1)];
            if again || now == weight + best[at(step + 1, line + 1)] {
                let one = meet(&steps[step].ways[way], line, &text[line]);
                met.extend(one.map(|met| Met { step: Some(step), ..met }));
                line += 1;
                step += usize::from(!again);
                continue;
            }
        }
        // What may be made from several steps is taken to be from the first.
        if now == best[at(step, line + 1)] {
            line += 1;
        } else {
            step += 1;
        }
    }
    met
}

/// A line as it is made from a template's, if it is.
pub(super) fn meet<'s, H>(way: &'s [Part<H>], line: usize, text: &str) -> Option<Met<'s, H>> {
    let mut said = Vec::new();
    let mut rest = text;
    let mut open: Option<&H> = None;
    for (n, part) in way.iter().enumerate() {
        match (part, open.take()) {
            (Part::Hole(_), Some(_)) => return None,
            (Part::Hole(hole), None) => open = Some(hole),
            (Part::Words(words), None) => rest = rest.strip_prefix(words.as_str())?,
            (Part::Words(words), Some(hole)) if n + 1 == way.len() => {
                said.push((hole, rest.strip_suffix(words.as_str())?.to_owned()));
                rest = "";
            }
            (Part::Words(words), Some(hole)) => {
                let (before, after) = rest.split_once(words.as_str())?;
                said.push((hole, before.to_owned()));
                rest = after;
            }
        }
    }
    if let Some(hole) = open {
        said.push((hole, rest.to_owned()));
        rest = "";
    }
    rest.is_empty().then_some(Met { step: None, line, way, said })
}

/// How much a line tells by being made from a template's; nothing if it is not.
fn weight<H>(way: &[Part<H>], text: &str) -> Option<u32> {
    let met = meet(way, 0, text)?;
    let letters = |part: &Part<H>| match part {
        Part::Words(words) => words.chars().filter(|c| !c.is_whitespace()).count(),
        Part::Hole(_) => 0,
    };
    let letters = way.iter().map(letters).sum::<usize>().min(TELLING);
    let whole = usize::from(met.said.is_empty());
    let weight = 2 * letters + whole + 1;
    u32::try_from(weight).ok().filter(|_| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(text: &str, repeats: bool) -> Step<String> {
        let mut way = Vec::new();
        for (n, part) in text.split('%').enumerate() {
            if !part.is_empty() {
                let part = part.to_owned();
                way.push(if n % 2 == 0 { Part::Words(part) } else { Part::Hole(part) });
            }
        }
        Step { ways: vec![way], repeats }
    }

    fn read(steps: &[Step<String>], text: &str) -> Vec<(usize, String)> {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let met = align(steps, &lines);
        met.into_iter()
            .flat_map(|met| met.said.into_iter().map(move |(h, s)| (met.line, format!("{h}={s}"))))
            .collect()
    }

    #[test]
    fn a_text_is_read_where_the_template_has_holes() {
        let steps = [
            step("%a%", false),
            step("- **Users:** %b%", false),
            step("## Good", false),
            step("- [ ] %c%", true),
            step("## Steps", false),
            step("- [ ] Gap", false),
        ];
        let text = "What.\n- **Users:** all\n## Good\n- [ ] one\n- [ ] two\n## Steps\n- [ ] Gap";
        let said = |line, text: &str| (line, text.to_owned());
        let all = [said(0, "a=What."), said(1, "b=all"), said(3, "c=one"), said(4, "c=two")];
        assert_eq!(read(&steps, text), all);
        assert_eq!(read(&steps, "What.\n## Steps\n- [ ] Gap"), [said(0, "a=What.")]);
        assert_eq!(read(&steps, ""), []);
    }

    #[test]
    fn cells_are_told_apart_by_what_stands_between_them() {
        let row = step("| %a% | x | %b% |", false);
        for (text, said) in [
            ("| 1 | x | 2 |", Some(vec!["1", "2"])),
            ("| 1 | x |  |", Some(vec!["1", ""])),
            ("| 1 | y | 2 |", None),
            ("| 1 | x | 2", None),
        ] {
            let met = meet(&row.ways[0], 0, text);
            let met = met.map(|met| met.said.into_iter().map(|(_, said)| said).collect::<Vec<_>>());
            assert_eq!(met, said.map(|all| all.into_iter().map(str::to_owned).collect()), "{text}");
        }
    }
}
