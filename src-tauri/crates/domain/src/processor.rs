//! Refuses processors that lack x86-64-v3, in words, before any code of ours
//! or of a library runs: constructors of libraries already use AVX.
//!
//! Linux: the linker puts a pointer into `.preinit_array`, which the loader
//! calls before every constructor. What it points to is assembler, since with
//! `target-cpu=x86-64-v3` the compiler may use AVX in any function.

/// What an older processor is told.
pub const REFUSAL: &str = "nOpenai Studio needs a processor with AVX2 (x86-64-v3: Intel Haswell of \
     2013, AMD Excavator of 2015, or later), and this one has none.\n";

/// Leaf 1, ECX: FMA, SSE4.2, MOVBE, POPCNT, OSXSAVE, AVX, F16C.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
const BASIC: u32 = 1 << 12 | 1 << 20 | 1 << 22 | 1 << 23 | 1 << 27 | 1 << 28 | 1 << 29;
/// XCR0: the operating system preserves the SSE and the AVX registers.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
const STATE: u32 = 0b110;
/// Leaf 7, EBX: BMI1, AVX2, BMI2.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
const EXTENDED: u32 = 1 << 3 | 1 << 5 | 1 << 8;
/// Leaf 0x8000_0001, ECX: LZCNT.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
const LZCNT: u32 = 1 << 5;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
static MESSAGE: [u8; REFUSAL.len()] = {
    let mut bytes = [0; REFUSAL.len()];
    bytes.copy_from_slice(REFUSAL.as_bytes());
    bytes
};

/// Ends the process with exit code 1 and [`REFUSAL`] on standard error where
/// the processor, or the operating system, lacks x86-64-v3 (levels as in the
/// System V ABI, AMD64 supplement, §3.1.1). A binary puts it into its
/// `.preinit_array`; Windows and macOS have no such place and no check.
///
/// # Safety
/// Safe to call at any time; unsafe only as the type of a loader's entry.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[allow(unsafe_code)]
#[unsafe(naked)]
pub unsafe extern "C" fn refuse_older() {
    core::arch::naked_asm!(
        "push rbx",
        "mov eax, 1",
        "cpuid",
        "and ecx, {basic}",
        "cmp ecx, {basic}",
        "jne 2f",
        "xor ecx, ecx",
        "xgetbv",
        "and eax, {state}",
        "cmp eax, {state}",
        "jne 2f",
        "mov eax, 7",
        "xor ecx, ecx",
        "cpuid",
        "and ebx, {extended}",
        "cmp ebx, {extended}",
        "jne 2f",
        "mov eax, 0x80000001",
        "cpuid",
        "test ecx, {lzcnt}",
        "jz 2f",
        "pop rbx",
        "ret",
        "2:",
        "mov eax, 1", // write(2, MESSAGE)
        "mov edi, 2",
        "lea rsi, [rip + {message}]",
        "mov edx, {length}",
        "syscall",
        "mov eax, 231", // exit_group(1)
        "mov edi, 1",
        "syscall",
        basic = const BASIC,
        state = const STATE,
        extended = const EXTENDED,
        lzcnt = const LZCNT,
        message = sym MESSAGE,
        length = const REFUSAL.len(),
    )
}
