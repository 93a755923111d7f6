//! What llama.cpp says: its functions fail without a reason and log one.

use llama_cpp_sys_2::{
    GGML_LOG_LEVEL_CONT, GGML_LOG_LEVEL_ERROR, GGML_LOG_LEVEL_WARN, ggml_log_level, ggml_log_set,
    llama_log_set,
};
use std::{
    ffi::{CStr, c_char, c_void},
    sync::{Mutex, MutexGuard, PoisonError},
};

static HEARD: Mutex<Heard> =
    Mutex::new(Heard { level: 0, line: String::new(), last_error: String::new() });

struct Heard {
    level: ggml_log_level,
    /// A line whose end is to come.
    line: String,
    last_error: String,
}

/// Hears what llama.cpp logs from now on: warnings and errors are passed on.
#[allow(unsafe_code)]
pub fn listen() {
    // SAFETY: `hear` has the type that is asked for, and lives as long as the
    // process; it takes no user data.
    unsafe {
        llama_log_set(Some(hear), std::ptr::null_mut());
        ggml_log_set(Some(hear), std::ptr::null_mut());
    }
}

/// The error that was logged last, or nothing.
pub fn last_error() -> String {
    heard().last_error.clone()
}

fn heard() -> MutexGuard<'static, Heard> {
    HEARD.lock().unwrap_or_else(PoisonError::into_inner)
}

#[allow(unsafe_code)]
unsafe extern "C" fn hear(level: ggml_log_level, text: *const c_char, _: *mut c_void) {
    // SAFETY: llama.cpp passes a text that ends with a zero byte.
    let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
    heard().take(level, &text);
}

impl Heard {
    fn take(&mut self, level: ggml_log_level, text: &str) {
        if level != GGML_LOG_LEVEL_CONT {
            self.level = level;
            self.line.clear();
        }
        self.line.push_str(text);
        if !self.line.ends_with('\n') {
            return;
        }
        let line = self.line.trim();
        match self.level {
            GGML_LOG_LEVEL_ERROR => {
                tracing::error!("{line}");
                self.last_error = line.to_owned();
            }
            GGML_LOG_LEVEL_WARN => tracing::warn!("{line}"),
            _ => {}
        }
        self.line.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use llama_cpp_sys_2::GGML_LOG_LEVEL_INFO;

    #[test]
    fn the_last_error_is_kept_whole() {
        let mut heard = Heard { level: 0, line: String::new(), last_error: String::new() };
        heard.take(GGML_LOG_LEVEL_ERROR, "error loading model: ");
        heard.take(GGML_LOG_LEVEL_CONT, "no such file\n");
        heard.take(GGML_LOG_LEVEL_INFO, "freeing\n");
        assert_eq!(heard.last_error, "error loading model: no such file");
    }
}
