//! What each letter is to the index: asked of its own tokenizer once, and
//! remembered, so that a text is looked through without an index of it.

use super::text::Tokenizer;
use crate::Result;
use std::{
    collections::HashMap,
    sync::{Mutex, OnceLock, PoisonError},
};

/// Letters up to here stand in a table: Latin, Greek, Cyrillic, Hebrew, Arabic.
const NEAR: usize = 0x800;

/// What a letter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letter {
    /// It separates words.
    Between,
    /// It is left out.
    Nothing,
    /// It is part of a word, as this letter.
    Is(char),
}

/// The letters that were asked for.
#[derive(Default)]
pub struct Letters {
    near: OnceLock<Vec<Letter>>,
    far: Mutex<HashMap<char, Letter>>,
}

impl Letters {
    /// Gives each of a text's letters to `each`, until that breaks off with
    /// `true`; gives whether it did.
    pub fn of(
        &self,
        tokenizer: &Tokenizer,
        text: &str,
        mut each: impl FnMut(Letter) -> bool,
    ) -> Result<bool> {
        let near = self.near(tokenizer)?;
        for letter in text.chars() {
            let letter = match near.get(letter as usize) {
                Some(letter) => *letter,
                None => self.far(tokenizer, letter)?,
            };
            if each(letter) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn near(&self, tokenizer: &Tokenizer) -> Result<&[Letter]> {
        if let Some(near) = self.near.get() {
            return Ok(near);
        }
        // No surrogate is among them.
        let letters: Vec<char> = (0..NEAR as u32).filter_map(char::from_u32).collect();
        let asked = ask(tokenizer, &letters)?;
        Ok(self.near.get_or_init(|| asked))
    }

    fn far(&self, tokenizer: &Tokenizer, letter: char) -> Result<Letter> {
        let mut far = self.far.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = far.get(&letter) {
            return Ok(*known);
        }
        let asked = ask(tokenizer, &[letter])?.first().copied().unwrap_or(Letter::Between);
        far.insert(letter, asked);
        Ok(asked)
    }
}

/// Each letter stands between two others: they are one word, or two.
fn ask(tokenizer: &Tokenizer, letters: &[char]) -> Result<Vec<Letter>> {
    let text: String = letters.iter().map(|letter| format!("q{letter}q ")).collect();
    let mut words = tokenizer.all_words(&text)?.into_iter();
    let mut asked = Vec::with_capacity(letters.len());
    for _ in letters {
        let word = words.next().unwrap_or_default();
        let is = if word == "q" {
            words.next();
            Letter::Between
        } else {
            word.chars().nth(1).filter(|_| word != "qq").map_or(Letter::Nothing, Letter::Is)
        };
        asked.push(is);
    }
    Ok(asked)
}
