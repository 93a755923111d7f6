//! Names and texts of strangers, made fit to show.

use nopenai_domain::Error;

/// The longest name a person may give.
const MOST_ALIAS_CHARACTERS: usize = 80;

/// Longer names from a file's metadata are paths or descriptions.
const MOST_CHARACTERS: usize = 64;

/// The name to show for a file.
///
/// The file's name is what the user chose and sees in the folder; the name in
/// the metadata is often that of a training run ("Smollm2 135M 8k Lc100K Mix1
/// Ep2"). So the metadata only decide the spelling when both have the same
/// words, and speak alone when the file's name says nothing ("model.gguf").
pub(crate) fn display_name(file: &str, stated: Option<&str>) -> String {
    let stem = stem(file);
    let stated = stated.map(plain).filter(|name| is_telling(name));
    let words = words(stem);
    match stated {
        Some(name) if words.iter().all(|word| says_nothing(word)) => name,
        Some(name) if lower(&words) == lower(&self::words(&name)) => name,
        _ if words.is_empty() => plain(stem),
        _ => words.join(" "),
    }
}

/// A text of the file as a message may show it: short, and without characters
/// that move a terminal's or a screen's cursor.
pub(crate) fn shown(text: &str) -> String {
    const MOST: usize = 80;
    let mut shown: String = text.chars().take(MOST).flat_map(char::escape_debug).collect();
    if text.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown
}

/// Whether a character isn't seen, or turns the text around.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A person's name for a model, without the spaces around it.
///
/// # Errors
/// [`nopenai_domain::Code::InvalidInput`] for one that is empty, too long, or
/// has characters that aren't seen.
pub(crate) fn alias(name: &str) -> nopenai_domain::Result<String> {
    const FIELD: &str = "name";
    let name = name.trim();
    let length = name.chars().count();
    if !(1..=MOST_ALIAS_CHARACTERS).contains(&length) {
        let message =
            format!("The name has {length} characters; 1 to {MOST_ALIAS_CHARACTERS} are possible.");
        return Err(Error::invalid(FIELD, message));
    }
    if name.chars().any(|c| c.is_control() || is_mark(c)) {
        let message = "The name has characters that are not seen, such as line breaks or marks of \
                       writing direction. Leave them out.";
        return Err(Error::invalid(FIELD, message));
    }
    Ok(name.to_owned())
}

/// Without characters that aren't seen or that turn the text around.
pub(crate) fn plain(text: &str) -> String {
    let seen: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .filter(|&c| !is_mark(c))
        .collect();
    seen.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Without the ending of a model file; a folder's name has dots of its own.
fn stem(file: &str) -> &str {
    const ENDINGS: [&str; 5] = ["gguf", "safetensors", "bin", "pt", "pth"];
    let is_ending = |ending: &str| ENDINGS.iter().any(|known| known.eq_ignore_ascii_case(ending));
    file.rsplit_once('.').filter(|(_, ending)| is_ending(ending)).map_or(file, |(stem, _)| stem)
}

fn is_telling(name: &str) -> bool {
    !name.contains(['/', '\\'])
        && name.chars().any(char::is_alphabetic)
        && name.chars().count() <= MOST_CHARACTERS
        && !words(name).iter().all(|word| says_nothing(word))
}

/// The words of a file's name, without the quantization at its end: that is a
/// fact of its own.
fn words(stem: &str) -> Vec<String> {
    let is_gap = |c: char| matches!(c, '-' | '_' | ' ');
    let stem = plain(stem);
    let end = stem
        .char_indices()
        .filter(|&(_, c)| is_gap(c) || c == '.')
        .find(|&(at, _)| is_quantization(&stem[at + 1..]))
        .map_or(stem.len(), |(at, _)| at);
    stem[..end].split(is_gap).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// "Q4_K_M", "q8_0", "IQ3_XS", "bf16".
fn is_quantization(text: &str) -> bool {
    let upper = text.to_ascii_uppercase();
    if matches!(upper.as_str(), "F32" | "F16" | "BF16" | "FP16" | "FP32") {
        return true;
    }
    let digits = upper.strip_prefix('I').unwrap_or(&upper).strip_prefix('Q');
    digits.is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_digit())
            && rest.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

/// Whether a word of a name could stand in any file's name.
fn says_nothing(word: &str) -> bool {
    const ANY: [&str; 6] = ["model", "ggml", "gguf", "weights", "main", "unknown"];
    let is_hash = word.len() >= 32 && word.chars().all(|c| c.is_ascii_hexdigit());
    is_hash || ANY.contains(&word.to_ascii_lowercase().as_str())
}

fn lower(words: &[String]) -> Vec<String> {
    words.iter().map(|word| word.to_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_the_one_that_tells_most() {
        let cases = [
            // The starter model: its metadata name a training run.
            (
                "SmolLM2-135M-Instruct.Q4_1.gguf",
                Some("Smollm2 135M 8k Lc100K Mix1 Ep2"),
                "SmolLM2 135M Instruct",
            ),
            // The same words: the metadata know the capitals.
            (
                "qwen2.5-0.5b-instruct-q4_k_m.gguf",
                Some("Qwen2.5 0.5B Instruct"),
                "Qwen2.5 0.5B Instruct",
            ),
            ("llama-2-7b-chat.Q4_K_M.gguf", Some("LLaMA v2"), "llama 2 7b chat"),
            ("model.gguf", Some("Phi 3 Mini"), "Phi 3 Mini"),
            ("ggml-model-q4_0.gguf", Some("Phi 3 Mini"), "Phi 3 Mini"),
            ("ggml-model-q4_0.gguf", Some("models/phi/"), "ggml model"),
            ("ggml-model-q4_0.gguf", None, "ggml model"),
            ("tiny.gguf", Some("."), "tiny"),
            ("Q4_0.gguf", None, "Q4 0"),
            ("-.gguf", None, "-"),
            ("a\u{202e}b\n.gguf", None, "ab"),
            // A folder.
            ("Qwen2.5-0.5B-Instruct", None, "Qwen2.5 0.5B Instruct"),
        ];
        for (file, stated, expected) in cases {
            assert_eq!(display_name(file, stated), expected, "{file} {stated:?}");
        }
    }

    #[test]
    fn a_persons_name_is_short_and_seen() {
        assert_eq!(
            alias("  Zweiter Versuch (نموذج) 🙂 ").ok().as_deref(),
            Some("Zweiter Versuch (نموذج) 🙂")
        );
        let longest = "ü".repeat(80);
        assert_eq!(alias(&longest).ok(), Some(longest.clone()));
        for wrong in ["", "  ", "a\nb", "a\u{202e}b", "a\u{0}", &"x".repeat(81)] {
            let error = alias(wrong).expect_err("refused");
            assert_eq!(error.code, nopenai_domain::Code::InvalidInput);
            assert_eq!(error.details["field"], "name");
        }
    }
}
