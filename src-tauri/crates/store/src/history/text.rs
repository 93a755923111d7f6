//! What a person types into the search field, as a question to FTS5.

use super::{
    arabic::folded,
    letters::{Letter, Letters},
    row,
};
use crate::Result;
use rusqlite::{Connection, OptionalExtension};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

/// The most different words that are looked for; what follows is left out.
const MAX_WORDS: usize = 32;

/// The longest beginning of a word that the index holds, in characters.
const INDEXED_BEGINNING: usize = 5;

/// The most words that are named for a beginning.
const MAX_ALTERNATIVES: usize = 64;

/// How much of the text is looked at, in characters.
const MAX_CHARACTERS: usize = 4096;

/// Takes texts apart exactly as the index does: by the same tokenizer, in a
/// database of its own in memory.
pub struct Tokenizer {
    connection: Mutex<Connection>,
    letters: Letters,
}

impl Tokenizer {
    pub fn new() -> Result<Self> {
        let connection = Connection::open_in_memory()?;
        connection.execute_batch(
            "CREATE VIRTUAL TABLE text USING fts5 (words, tokenize = 'unicode61 remove_diacritics 2');
             CREATE VIRTUAL TABLE word USING fts5vocab (text, instance);",
        )?;
        Ok(Self { connection: Mutex::new(connection), letters: Letters::default() })
    }

    /// The words of a text's first 4,096 characters as the index knows them, in
    /// their order.
    pub fn words(&self, text: &str) -> Result<Vec<String>> {
        let start: String = text.chars().take(MAX_CHARACTERS).collect();
        self.all_words(&start)
    }

    /// All words of a text.
    pub fn all_words(&self, text: &str) -> Result<Vec<String>> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        // Dropped without a commit: nothing stays.
        let transaction = connection.transaction()?;
        transaction
            .prepare_cached("INSERT INTO text (words) VALUES (?1)")?
            .execute([folded(text)])?;
        let words = transaction
            .prepare_cached("SELECT term FROM word ORDER BY offset")?
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        Ok(words)
    }
}

/// Words that a run has to hold, the last one possibly only begun.
pub struct Search {
    whole: Vec<String>,
    begun: Option<String>,
    expression: String,
    tokenizer: Arc<Tokenizer>,
}

impl Search {
    /// A search for the first 32 words of a text; none when it has none.
    pub fn of(
        text: &str,
        tokenizer: &Arc<Tokenizer>,
        connection: &Connection,
    ) -> Result<Option<Self>> {
        let mut words = tokenizer.words(text)?;
        words.truncate(MAX_WORDS);
        let Some(last) = words.pop() else { return Ok(None) };
        let implied = words.iter().any(|word| word.starts_with(&last));
        let whole: Vec<String> = words.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
        let begun = (!implied).then_some(last);
        let mut parts: Vec<String> = whole.iter().map(|word| quoted(word)).collect();
        if let Some(begun) = &begun {
            parts.push(beginning(connection, begun)?);
        }
        let expression = parts.join(" AND ");
        Ok(Some(Self { whole, begun, expression, tokenizer: tokenizer.clone() }))
    }

    /// The FTS5 expression for it.
    pub fn expression(&self) -> &str {
        &self.expression
    }

    /// Whether the run at a position is one that the index finds: reading its
    /// text takes less than asking the index for a single run.
    pub fn finds(&self, connection: &Connection, position: i64) -> Result<bool> {
        let mut texts = connection.prepare_cached(
            "SELECT prompt, answer FROM prompt_history \
             WHERE position = ?1 AND outcome <> 'running'",
        )?;
        let mut rows = texts.query([position])?;
        let Some(row) = rows.next()? else { return Ok(false) };
        let mut missing = Missing::of(self);
        for column in 0..2 {
            let text = row::text(row, column)?;
            let each = |letter| missing.none_behind(letter);
            if self.tokenizer.letters.of(&self.tokenizer, text, each)?
                || missing.none_behind(Letter::Between)
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// What of a search has not been met yet.
struct Missing<'s> {
    whole: Vec<&'s str>,
    begun: Option<&'s str>,
    /// The word that is being read.
    word: String,
}

impl<'s> Missing<'s> {
    fn of(search: &'s Search) -> Self {
        Self {
            whole: search.whole.iter().map(String::as_str).collect(),
            begun: search.begun.as_deref(),
            word: String::new(),
        }
    }

    /// Takes in one letter; whether nothing is missing behind it.
    fn none_behind(&mut self, letter: Letter) -> bool {
        match letter {
            Letter::Is(letter) => self.word.push(letter),
            Letter::Nothing => {}
            Letter::Between if self.word.is_empty() => {}
            Letter::Between => {
                let word = self.word.as_str();
                self.whole.retain(|whole| *whole != word);
                self.begun = self.begun.filter(|begun| !word.starts_with(begun));
                self.word.clear();
                return self.whole.is_empty() && self.begun.is_none();
            }
        }
        false
    }
}

/// The expression for words that begin so. The index holds beginnings of up to
/// five characters as words of their own; for a longer one FTS5 would read all
/// words that begin so to the end before it gives the first run, so they are
/// named one by one, which it reads side by side. Only when they are too many it
/// is left to FTS5: some 0.5 µs for each run that holds one.
fn beginning(connection: &Connection, begun: &str) -> Result<String> {
    let prefix = format!("{}*", quoted(begun));
    if begun.chars().count() <= INDEXED_BEGINNING {
        return Ok(prefix);
    }
    let mut following = connection
        .prepare_cached("SELECT term FROM run_word WHERE term >= ?1 ORDER BY term LIMIT 1")?;
    let mut words: Vec<String> = Vec::new();
    let mut from = begun.to_owned();
    while let Some(word) = following.query_row([&from], |row| row.get::<_, String>(0)).optional()?
        && word.starts_with(begun)
    {
        if words.len() == MAX_ALTERNATIVES {
            return Ok(prefix);
        }
        words.push(quoted(&word));
        // The least text behind the word: skips the runs that hold it.
        from = word + "\u{1}";
    }
    if words.is_empty() {
        return Ok(prefix);
    }
    Ok(format!("({})", words.join(" OR ")))
}

fn quoted(word: &str) -> String {
    format!("\"{}\"", word.replace('"', "\"\""))
}
