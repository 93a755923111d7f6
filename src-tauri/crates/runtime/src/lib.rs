//! nopenai-runtime
