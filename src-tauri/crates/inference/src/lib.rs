//! nopenai-inference
