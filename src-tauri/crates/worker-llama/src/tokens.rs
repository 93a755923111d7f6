//! Between text and tokens, as the model's vocabulary has them.

use llama_cpp_2::{model::LlamaModel, token::LlamaToken, vocab::LlamaVocab};

/// The tokens of a prompt that a template made. Special tokens are recognised
/// in it; the one that begins a sequence stands there once if the model wants
/// it, whether the template wrote it or not.
pub fn tokenize(model: &LlamaModel, prompt: &str) -> Vec<LlamaToken> {
    let vocabulary = model.vocab();
    let parse_special = true;
    let mut tokens = vocabulary.tokenize(prompt.as_bytes(), false, parse_special);
    let bos = vocabulary.bos();
    if vocabulary.should_add_bos() && exists(&vocabulary, bos) && tokens.first() != Some(&bos) {
        tokens.insert(0, bos);
    }
    tokens
}

/// The bytes of a token as they stand in an answer: none for a special one.
pub fn bytes(model: &LlamaModel, token: LlamaToken) -> Vec<u8> {
    model.vocab().token_to_piece(token, false, None)
}

/// The text of a special token; `None` when the model has none.
pub fn text(vocabulary: &LlamaVocab<'_>, token: LlamaToken) -> Option<String> {
    let text = exists(vocabulary, token).then(|| vocabulary.text(token))??;
    text.to_str().ok().map(str::to_owned)
}

/// llama.cpp ends the process when asked about a token that isn't there.
fn exists(vocabulary: &LlamaVocab<'_>, token: LlamaToken) -> bool {
    (0..vocabulary.n_tokens()).contains(&token.0)
}
