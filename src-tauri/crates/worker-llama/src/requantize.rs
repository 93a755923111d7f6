//! A model's weights in another form.

use anyhow::{Context, bail};
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_sys_2::{
    LLAMA_FTYPE_MOSTLY_Q4_0, LLAMA_FTYPE_MOSTLY_Q8_0, llama_model_quantize,
    llama_model_quantize_default_params,
};
use std::ffi::CString;

/// Writes the GGUF file `from` in the form `Q4_0` or `Q8_0` to `to`. What was
/// lost before stays lost.
///
/// # Errors
/// For another form, and when llama.cpp can't read or write.
#[allow(unsafe_code)]
pub fn requantize(from: &str, to: &str, form: &str) -> anyhow::Result<()> {
    let form = match form {
        "Q4_0" => LLAMA_FTYPE_MOSTLY_Q4_0,
        "Q8_0" => LLAMA_FTYPE_MOSTLY_Q8_0,
        _ => bail!("{form} is not known here"),
    };
    let _backend = LlamaBackend::init()?;
    let input = CString::new(from).context("the file's path has a zero byte")?;
    let output = CString::new(to).context("the new file's path has a zero byte")?;
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
