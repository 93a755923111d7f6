//! Texts that search like real ones, in three languages: vocabularies whose
//! frequencies follow Zipf's law, many words sharing their beginnings.

use crate::words;
use rand::{
    Rng,
    seq::{IndexedRandom, SliceRandom},
};

/// Words of a family: a stem with different endings.
const FAMILY: usize = 5;

/// How many of a hundred words are numbers, nearly all of them rare.
const NUMBERS: f64 = 0.01;

/// The languages, and how many of a hundred runs are in each.
pub struct Languages {
    all: [(u32, Vocabulary); 3],
}

impl Languages {
    /// What a seeded generator makes.
    pub fn new(random: &mut impl Rng) -> Self {
        let english = family_words(
            random,
            40_000,
            words::ENGLISH_STEMS,
            &words::ENGLISH_BEGINNINGS,
            &words::ENGLISH_ENDINGS,
        );
        let german = family_words(
            random,
            30_000,
            words::GERMAN_STEMS,
            &words::GERMAN_BEGINNINGS,
            &words::GERMAN_ENDINGS,
        );
        let arabic = arabic_words(random, 30_000);
        Self {
            all: [
                (65, Vocabulary::new(random, words::ENGLISH, english)),
                (20, Vocabulary::new(random, words::GERMAN, german)),
                (15, Vocabulary::new(random, words::ARABIC, arabic)),
            ],
        }
    }

    /// A language as likely as it is used.
    pub fn drawn(&self, random: &mut impl Rng) -> &Vocabulary {
        let mut at = random.random_range(0..100);
        for (share, vocabulary) in &self.all {
            if at < *share {
                return vocabulary;
            }
            at -= share;
        }
        &self.all[0].1
    }
}

/// Words, the most frequent first, and how likely each is.
pub struct Vocabulary {
    words: Vec<String>,
    /// Sums of 1/rank up to each word.
    sums: Vec<f64>,
}

impl Vocabulary {
    fn new(random: &mut impl Rng, frequent: &str, mut made: Vec<String>) -> Self {
        made.sort();
        made.dedup();
        made.shuffle(random);
        let mut words: Vec<String> = frequent.split_whitespace().map(str::to_owned).collect();
        words.extend(made);
        let mut sum = 0.0;
        let sums = (1..=words.len())
            .map(|rank| {
                sum += 1.0 / rank as f64;
                sum
            })
            .collect();
        Self { words, sums }
    }

    /// A word as likely as in a text.
    fn word(&self, random: &mut impl Rng) -> &str {
        let total = self.sums[self.sums.len() - 1];
        let at = random.random_range(0.0..total);
        self.ranked(self.sums.partition_point(|sum| *sum < at))
    }

    /// The word of a rank, from 0.
    pub fn ranked(&self, rank: usize) -> &str {
        &self.words[rank.min(self.words.len() - 1)]
    }

    /// Sentences of so many words.
    pub fn text(&self, random: &mut impl Rng, words: usize) -> String {
        let mut text = String::with_capacity(words * 8);
        let mut sentence = 0;
        for number in 0..words {
            if random.random_bool(NUMBERS) {
                text.push_str(&random.random_range(0..1_000_000).to_string());
            } else if sentence == 0 {
                let mut letters = self.word(random).chars();
                text.extend(letters.next().into_iter().flat_map(char::to_uppercase));
                text.push_str(letters.as_str());
            } else {
                text.push_str(self.word(random));
            }
            sentence = if sentence == 0 { random.random_range(5..20) } else { sentence };
            sentence -= 1;
            let last = number + 1 == words;
            text.push_str(if sentence == 0 || last { "." } else { "" });
            text.push_str(if last { "" } else { " " });
        }
        text
    }
}

/// How many words a text has: around `median`, a few very many.
pub fn length(random: &mut impl Rng, median: f64, most: usize) -> usize {
    // Twelve equal distributions are nearly a normal one.
    let normal: f64 = (0..12).map(|_| random.random_range(-0.5..0.5)).sum();
    ((median * normal.exp()) as usize).clamp(1, most)
}

fn pick<'a>(random: &mut impl Rng, words: &[&'a str]) -> &'a str {
    words.choose(random).copied().unwrap_or_default()
}

fn family_words(
    random: &mut impl Rng,
    count: usize,
    stems: &str,
    beginnings: &[&str],
    endings: &[&str],
) -> Vec<String> {
    let mut stems: Vec<String> = stems.split_whitespace().map(str::to_owned).collect();
    while stems.len() * FAMILY < count {
        let syllables = random.random_range(2..=3);
        let stem = (0..syllables).fold(String::new(), |stem, _| {
            stem + pick(random, &words::ONSETS) + pick(random, &words::VOWELS)
        });
        stems.push(stem + pick(random, &words::ONSETS));
    }
    let mut made = Vec::new();
    for stem in &stems {
        for ending in endings.choose_multiple(random, FAMILY) {
            let beginning = if random.random_bool(0.15) { pick(random, beginnings) } else { "" };
            made.push(format!("{beginning}{stem}{ending}"));
        }
    }
    made
}

fn arabic_words(random: &mut impl Rng, count: usize) -> Vec<String> {
    let mut made = Vec::new();
    while made.len() < count {
        let root: Vec<&str> = words::ARABIC_LETTERS.choose_multiple(random, 3).copied().collect();
        for [before, first, second, third] in words::ARABIC_PATTERNS.choose_multiple(random, FAMILY)
        {
            let beginning = pick(random, &words::ARABIC_BEGINNINGS);
            let [a, b, c] = [root[0], root[1], root[2]];
            made.push(format!("{beginning}{before}{a}{first}{b}{second}{c}{third}"));
        }
    }
    made
}
