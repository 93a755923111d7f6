//! Folders of safetensors: described, or refused with the reason.

use crate::fixture::{id, ids, open};
use crate::folder::{Folder, file, tensor};
use nopenai_domain::{Code, Error};
use nopenai_models::{Facts, Format, safetensors};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::fs;

fn inspect(folder: &Folder) -> Result<Facts, Error> {
    let place = tempfile::tempdir().unwrap();
    folder.write(place.path());
    Ok(safetensors::inspect(place.path())?)
}

fn refusal(folder: &Folder) -> Error {
    let error = inspect(folder).expect_err("refused");
    assert_eq!(error.code, Code::UnsupportedModel);
    assert!(!error.message.chars().any(char::is_control), "{}", error.message);
    error
}

/// Refused with a message that has `part` in it.
fn refused(folder: &Folder, part: &str) {
    let message = refusal(folder).message;
    assert!(message.contains(part), "{message}, without {part}");
}

fn with(change: impl FnOnce(&mut Folder)) -> Folder {
    let mut folder = Folder::llama();
    change(&mut folder);
    folder
}

#[test]
fn a_whole_folder_is_described() {
    let folder = with(|folder| {
        let config = json!({ "chat_template": "{{ messages }}" }).to_string();
        folder.others.push(("tokenizer_config.json", config.into_bytes()));
        folder.others.push(("README.md", b"---\nlicense: apache-2.0\n---\n# A model".to_vec()));
    });
    let facts = inspect(&folder).unwrap();
    assert_eq!(facts.architecture, "LlamaForCausalLM");
    let numbers = 16 * 64 + 2 * 128 * 64 + 64;
    assert_eq!(facts.parameters, Some(numbers));
    assert_eq!(facts.weight_bytes, 2 * (16 * 64 + 2 * 128 * 64) + 4 * 64);
    assert_eq!(facts.loaded_weight_bytes, 4 * numbers);
    assert_eq!(facts.quantization, "F16");
    let sizes = (facts.layers, facts.heads, facts.kv_heads, facts.head_dim, facts.hidden_size);
    assert_eq!(sizes, (Some(2), Some(4), Some(2), Some(16), Some(64)));
    assert_eq!((facts.context_length, facts.vocabulary), (Some(512), Some(16)));
    assert_eq!(
        (facts.licence.as_deref(), facts.tokenizer.as_deref()),
        (Some("apache-2.0"), Some("BPE"))
    );
    assert_eq!(facts.chat_template.as_deref(), Some("{{ messages }}"));
}

#[test]
fn what_is_missing_is_named() {
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
        let place = tempfile::tempdir().unwrap();
        Folder::llama().write(place.path());
        fs::remove_file(place.path().join(name)).unwrap();
        let message = Error::from(safetensors::inspect(place.path()).unwrap_err()).message;
        assert!(message.contains(name), "{message}");
    }
    let sharded = with(|folder| folder.weights = "model-00001-of-00002.safetensors");
    refused(&sharded, "model-00002-of-00002.safetensors");
    refused(&with(|folder| _ = folder.tensors.pop()), "model.norm.weight");
    refused(&with(|folder| _ = folder.tensors.remove(2)), "model.layers.1.");
    refused(&with(|folder| folder.config["tie_word_embeddings"] = json!(false)), "lm_head.weight");
}

#[test]
fn pickles_are_refused_with_everything_beside_them() {
    let error = refusal(&with(|folder| folder.others.push(("pytorch_model.bin", b"x".to_vec()))));
    assert!(error.message.contains("pickle"), "{}", error.message);
    assert_eq!(error.details["file"], "pytorch_model.bin");
}

#[test]
fn wrong_configurations_are_named() {
    let set = |key: &str, value: Value| with(|folder| folder.config[key] = value);
    refused(&set("architectures", json!(["BertModel"])), "BertModel");
    refused(&set("architectures", json!([])), "architectures");
    refused(&set("num_hidden_layers", json!(0)), "num_hidden_layers");
    refused(&set("num_hidden_layers", json!(1e300)), "num_hidden_layers");
    refused(&set("num_key_value_heads", json!(3)), "num_key_value_heads");
    refused(&set("vocab_size", Value::Null), "vocab_size");
    refused(&set("max_position_embeddings", json!(u64::MAX)), "max_position_embeddings");
    refused(&set("quantization_config", json!({ "quant_method": "gptq" })), "gptq");
    refused(&set("hidden_size", json!(32)), "model.embed_tokens.weight");
    refused(&with(|folder| folder.config = json!("x")), "architectures");
    refused(&with(|folder| folder.tokenizer = json!([])), "tokenizer.json");
    refused(&with(|folder| folder.others.push(("params.json", b"{}".to_vec()))), "params.json");
}

#[test]
fn wrong_weights_are_named() {
    let weights = |bytes: Vec<u8>| with(|folder| folder.others.push(("model.safetensors", bytes)));
    let right = Folder::llama().weights();
    let cut = refusal(&weights(right[..right.len() - 5].to_vec()));
    assert_eq!(cut.details["missing_bytes"], 5);
    let longer = [right.as_slice(), b"more"].concat();
    refused(&weights(longer), "4 bytes more");
    refused(&weights(vec![]), "ends too early");
    refused(&weights(u64::MAX.to_le_bytes().to_vec()), "header's length");
    refused(&weights(file("{", 0)), "JSON");
    refused(&weights(file("[]", 0)), "JSON");
    let gap = r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#;
    refused(&weights(file(gap, 8)), "one after another");
    let twice = r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},
        "a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#;
    refused(&weights(file(twice, 8)), "occurs twice");
    let kind = r#"{"a":{"dtype":"X7","shape":[1],"data_offsets":[0,4]}}"#;
    refused(&weights(file(kind, 4)), "X7");
    let vast = r#"{"a":{"dtype":"F32","shape":[18446744073709551615,4],"data_offsets":[0,4]}}"#;
    refusal(&weights(file(vast, 4)));
    refused(&with(|folder| folder.tensors.push(tensor("b", "F32", &[0; 9]))), "dimension");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn damaged_weights_never_panic(at in 0_usize..700, byte: u8, cut in 0_usize..2000) {
        let mut bytes = Folder::llama().weights();
        bytes[at] = byte;
        bytes.truncate(bytes.len().saturating_sub(cut));
        let folder = with(|folder| folder.others.push(("model.safetensors", bytes)));
        if let Err(error) = inspect(&folder) {
            prop_assert!(!error.message.is_empty());
        }
    }
}

#[tokio::test]
async fn folders_are_listed_beside_files() {
    let place = tempfile::tempdir().unwrap();
    let root = place.path();
    Folder::llama().write(&root.join("maker/tiny-llama"));
    fs::write(root.join("alone.safetensors"), Folder::llama().weights()).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    #[cfg(unix)]
    {
        Folder::llama().write(elsewhere.path());
        std::os::unix::fs::symlink(elsewhere.path(), root.join("linked")).unwrap();
    }
    let registry = open(root).await;
    let list = registry.list();
    let expected: &[_] = if cfg!(unix) {
        &["alone.safetensors", "linked", "maker/tiny-llama"]
    } else {
        &["alone.safetensors", "maker/tiny-llama"]
    };
    assert_eq!(ids(&list), expected);
    let alone = list.models[0].problem.as_ref().unwrap();
    assert!(alone.message.contains("config.json"), "{}", alone.message);

    let model = registry.get(&id("maker/tiny-llama")).unwrap();
    assert_eq!((model.format, model.name.as_str()), (Some(Format::Safetensors), "tiny llama"));
    let names: Vec<_> = model.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["config.json", "model.safetensors", "tokenizer.json"]);
    assert_eq!(model.size_bytes, model.files.iter().map(|file| file.size_bytes).sum::<u64>());
    assert_eq!(registry.path(&model.id).unwrap(), root.join("maker").join("tiny-llama"));

    // One file of it changes: it is looked at again before it is run.
    fs::write(root.join("maker/tiny-llama/config.json"), "{}").unwrap();
    assert_eq!(registry.path(&model.id).unwrap_err().code, Code::UnsupportedModel);
}
