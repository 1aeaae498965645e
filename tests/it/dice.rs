//! Chance that a seed repeats, and the words that it puts together.

const WORDS: [&str; 40] = [
    "analyzer",
    "behaviour",
    "cache",
    "daemon",
    "engine",
    "fixture",
    "graph",
    "handler",
    "index",
    "journal",
    "kernel",
    "ledger",
    "mirror",
    "notice",
    "outline",
    "parser",
    "queue",
    "runner",
    "schema",
    "ticket",
    "upload",
    "vendor",
    "worker",
    "yield",
    "zone",
    "reads",
    "writes",
    "keeps",
    "moves",
    "holds",
    "checks",
    "before",
    "after",
    "under",
    "with",
    "without",
    "every",
    "some",
    "older",
    "newer",
];

/// A generator of numbers (splitmix64).
#[derive(Debug, Clone)]
pub(super) struct Dice(u64);

impl Dice {
    /// Starts from a seed.
    pub(super) fn new(seed: u64) -> Self {
        let mut dice = Self(seed);
        // Neighbouring seeds would be one stream, a step apart.
        dice.0 = dice.next() ^ seed;
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below another; 0 below 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// Happens once in so many times.
    pub(super) fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of a list, if it has any.
    pub(super) fn pick<T: Clone>(&mut self, list: &[T]) -> Option<T> {
        list.get(self.below(list.len())).cloned()
    }

    /// One of several kinds, each as often as its weight says.
    pub(super) fn weighted<T: Copy>(&mut self, kinds: &[(usize, T)]) -> T {
        let mut at = self.below(kinds.iter().map(|(weight, _)| weight).sum());
        for (weight, kind) in kinds {
            match at.checked_sub(*weight) {
                Some(rest) => at = rest,
                None => return *kind,
            }
        }
        kinds[0].1
    }

    /// A word.
    pub(super) fn word(&mut self) -> &'static str {
        WORDS[self.below(WORDS.len())]
    }

    /// A few words.
    pub(super) fn words(&mut self, least: usize) -> String {
        let count = least + self.below(4);
        (0..count).map(|_| self.word()).collect::<Vec<_>>().join(" ")
    }

    /// A sentence.
    pub(super) fn sentence(&mut self) -> String {
        format!("The {}.", self.words(4))
    }
}
