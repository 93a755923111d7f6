//! Whether this processor can run binaries built for x86-64-v3.
//!
//! Both binaries call [`missing_feature`] first thing in `main` and keep the
//! rest behind `#[inline(never)]`, so that no AVX2 instruction runs before the
//! answer is known. `is_x86_feature_detected!` can't be asked: with
//! `target-cpu=x86-64-v3` it folds to `true`.

/// The first feature of x86-64-v3 that this processor or its operating system
/// lacks; `None` when it has them all (levels as in the System V ABI,
/// AMD64 supplement, §3.1.1).
#[cfg(target_arch = "x86_64")]
#[inline(never)]
pub fn missing_feature() -> Option<&'static str> {
    let cpuid = raw_cpuid::CpuId::new();
    let basic = cpuid.get_feature_info();
    let extended = cpuid.get_extended_feature_info();
    let identifiers = cpuid.get_extended_processor_and_feature_identifiers();
    let basic = basic.as_ref();
    let required = [
        ("SSE4.2", basic.is_some_and(|f| f.has_sse42())),
        ("POPCNT", basic.is_some_and(|f| f.has_popcnt())),
        ("AVX", basic.is_some_and(|f| f.has_avx())),
        ("FMA", basic.is_some_and(|f| f.has_fma())),
        ("F16C", basic.is_some_and(|f| f.has_f16c())),
        ("MOVBE", basic.is_some_and(|f| f.has_movbe())),
        ("OSXSAVE", basic.is_some_and(|f| f.has_oxsave()) && system_saves_avx()),
        ("AVX2", extended.as_ref().is_some_and(|f| f.has_avx2())),
        ("BMI1", extended.as_ref().is_some_and(|f| f.has_bmi1())),
        ("BMI2", extended.as_ref().is_some_and(|f| f.has_bmi2())),
        ("LZCNT", identifiers.as_ref().is_some_and(|f| f.has_lzcnt())),
    ];
    required.into_iter().find_map(|(name, present)| (!present).then_some(name))
}

/// Other architectures have no such requirement.
#[cfg(not(target_arch = "x86_64"))]
pub fn missing_feature() -> Option<&'static str> {
    None
}

/// Whether the operating system preserves the AVX registers (XCR0 bits 1, 2).
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
fn system_saves_avx() -> bool {
    let has_osxsave = raw_cpuid::CpuId::new().get_feature_info().is_some_and(|f| f.has_oxsave());
    if !has_osxsave {
        return false;
    }
    let low: u32;
    // SAFETY: XGETBV exists where OSXSAVE is set, and reads a register only.
    unsafe {
        std::arch::asm!("xgetbv", in("ecx") 0, out("eax") low, out("edx") _,
            options(nomem, nostack, preserves_flags));
    }
    low & 0b110 == 0b110
}

/// What to tell a user whose processor lacks `feature`.
pub fn refusal(feature: &str) -> String {
    format!(
        "nOpenai Studio needs a processor with AVX2 (x86-64-v3: Intel Haswell of 2013, \
         AMD Excavator of 2015, or later). This one has no {feature}."
    )
}
