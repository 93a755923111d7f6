//! Between text and tokens, as the model's vocabulary has them.

use llama_cpp_2::{model::LlamaModel, token::LlamaToken, vocab::LlamaVocab};
use nopenai_serving::toktrie::{ApproximateTokEnv, TokEnv, TokRxInfo, TokTrie};
use std::sync::Arc;

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

/// Every token, for those who look at what may come next.
pub fn vocabulary(model: &LlamaModel) -> TokEnv {
    let vocabulary = model.vocab();
    let all = (0..vocabulary.n_tokens()).map(LlamaToken::new);
    let ends: Vec<_> =
        all.clone().filter(|&token| vocabulary.is_eog(token)).map(|token| token.0 as u32).collect();
    let texts: Vec<_> = all
        .map(|token| {
            let said = bytes(model, token);
            if !said.is_empty() {
                return said;
            }
            // One that is never said: marked, so that no text is taken for it.
            let name = vocabulary.token_to_piece(token, true, None);
            [&[TokTrie::SPECIAL_TOKEN_MARKER][..], &name[..]].concat()
        })
        .collect();
    let end = ends.first().copied().unwrap_or(0);
    let info = TokRxInfo::new(texts.len() as u32, end);
    let trie = TokTrie::from(&info, &texts);
    let trie = if ends.is_empty() { trie } else { trie.with_eos_tokens(&ends) };
    Arc::new(ApproximateTokEnv::new(trie))
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
