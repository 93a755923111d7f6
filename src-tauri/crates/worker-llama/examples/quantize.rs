//! Re-quantizes a GGUF file with llama.cpp, for `cargo xtask bench engine`: the
//! same model in another form. What was lost before stays lost.
//!
//! Arguments: the file, the new file, `Q4_0` or `Q8_0`. Nothing happens when
//! the new file is there.

use anyhow::{Context, bail};
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_sys_2::{
    LLAMA_FTYPE_MOSTLY_Q4_0, LLAMA_FTYPE_MOSTLY_Q8_0, llama_model_quantize,
    llama_model_quantize_default_params,
};
use std::{ffi::CString, fs, path::PathBuf};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [from, to, form] = &arguments[..] else {
        bail!("usage: quantize FILE.gguf NEW.gguf Q4_0|Q8_0");
    };
    let form = match form.as_str() {
        "Q4_0" => LLAMA_FTYPE_MOSTLY_Q4_0,
        "Q8_0" => LLAMA_FTYPE_MOSTLY_Q8_0,
        _ => bail!("{form} is not known here"),
    };
    let to = PathBuf::from(to);
    if to.exists() {
        return Ok(());
    }
    let unfinished = to.with_extension(format!("unfinished-{}", std::process::id()));
    quantize(from, unfinished.to_str().context("the path is no Unicode")?, form)?;
    Ok(fs::rename(unfinished, to)?)
}

#[allow(unsafe_code)]
fn quantize(from: &str, to: &str, form: u32) -> anyhow::Result<()> {
    let _backend = LlamaBackend::init()?;
    let (input, output) = (CString::new(from)?, CString::new(to)?);
    // SAFETY: both are paths that end with a zero byte, and the parameters are
    // llama.cpp's own but for two plain values.
    let failed = unsafe {
        let mut parameters = llama_model_quantize_default_params();
        parameters.ftype = form;
        parameters.allow_requantize = true;
        llama_model_quantize(input.as_ptr(), output.as_ptr(), &raw const parameters)
    };
    if failed == 0 { Ok(()) } else { bail!("{from} can't be quantized") }
}
