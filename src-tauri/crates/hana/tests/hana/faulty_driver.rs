//! An ODBC driver in front of another one, which reports failures it is told of,
//! where the other would have answered. `faulty.rs` compiles it for a test; what
//! it doesn't define is the other's, on which it depends. It has the functions of
//! narrow texts alone, which the driver manager calls for an application like ours.
//!
//! The plan is a file of lines: function, part of a statement's text, how many
//! calls to spare, how many to fail, SQLSTATE, native number, message; separated
//! by tabs. What was reported is appended to the plan's name with `.said`.
#![allow(non_snake_case)]

use std::{
    ffi::{CString, c_char, c_int, c_void},
    fs,
    io::Write,
    mem::transmute,
    sync::{Mutex, MutexGuard, PoisonError},
};

type Handle = *mut c_void;
type Return = i16;

const REAL: &str = env!("REAL_DRIVER");
const PLAN: &str = env!("FAULT_PLAN");

const SUCCESS: Return = 0;
const ERROR: Return = -1;
const NO_DATA: Return = 100;
const NTS: i32 = -3;
const PARAMSET_SIZE: i32 = 22;

unsafe extern "C" {
    fn dlopen(file: *const c_char, mode: c_int) -> *mut c_void;
    fn dlsym(library: *mut c_void, name: *const c_char) -> *mut c_void;
}

fn real(name: &str) -> *mut c_void {
    let (file, name) = (CString::new(REAL).unwrap(), CString::new(name).unwrap());
    let found = unsafe { dlsym(dlopen(file.as_ptr(), 2), name.as_ptr()) };
    assert!(!found.is_null(), "the other driver has no {name:?}");
    found
}

#[derive(Clone)]
struct Fault {
    function: String,
    part: String,
    spare: u32,
    times: u32,
    state: String,
    native: i32,
    message: String,
}

#[derive(Default)]
struct State {
    plan: String,
    faults: Vec<Fault>,
    /// The texts of prepared statements.
    texts: Vec<(usize, String)>,
    /// What handles are to report.
    reports: Vec<(usize, Fault)>,
}

static STATE: Mutex<Option<State>> = Mutex::new(None);

fn state() -> MutexGuard<'static, Option<State>> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn parsed(line: &str) -> Option<Fault> {
    let mut parts = line.split('\t').map(str::to_owned);
    Some(Fault {
        function: parts.next()?,
        part: parts.next()?,
        spare: parts.next()?.parse().ok()?,
        times: parts.next()?.parse().ok()?,
        state: parts.next()?,
        native: parts.next()?.parse().ok()?,
        message: parts.next()?,
    })
}

/// The fault that is due now, if one is.
fn due(handle: Handle, function: &str, text: &str) -> Option<Fault> {
    let plan = fs::read_to_string(PLAN).unwrap_or_default();
    let mut state = state();
    let state = state.get_or_insert_default();
    if state.plan != plan {
        state.faults = plan.lines().filter_map(parsed).collect();
        state.plan = plan;
    }
    let fault = state.faults.iter_mut().find(|fault| {
        fault.function == function && text.contains(&fault.part) && fault.times > 0
    })?;
    if fault.spare > 0 {
        fault.spare -= 1;
        return None;
    }
    fault.times -= 1;
    let fault = fault.clone();
    state.reports.retain(|(other, _)| *other != handle as usize);
    state.reports.push((handle as usize, fault.clone()));
    let mut said = fs::OpenOptions::new().create(true).append(true).open(format!("{PLAN}.said"));
    let _ = said.as_mut().map(|file| writeln!(file, "{function} {}", fault.native));
    Some(fault)
}

fn forget(handle: Handle) {
    if let Some(state) = &mut *state() {
        state.reports.retain(|(other, _)| *other != handle as usize);
    }
}

fn text_of(handle: Handle) -> String {
    let state = state();
    let texts = state.iter().flat_map(|state| &state.texts).rev();
    let mut of_handle = texts.filter(|(other, _)| *other == handle as usize);
    of_handle.next().map(|(_, text)| text.clone()).unwrap_or_default()
}

unsafe fn utf8(text: *const u8, length: i32) -> String {
    let length = match length {
        NTS => (0..).take_while(|at| unsafe { *text.add(*at) } != 0).count(),
        length => length as usize,
    };
    let bytes = unsafe { std::slice::from_raw_parts(text, length) };
    String::from_utf8_lossy(bytes).into_owned()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn SQLDriverConnect(
    connection: Handle,
    window: Handle,
    text: *const u8,
    length: i16,
    out: *mut u8,
    room: i16,
    written: *mut i16,
    completion: u16,
) -> Return {
    forget(connection);
    if due(connection, "connect", "").is_some() {
        return ERROR;
    }
    type F =
        unsafe extern "C" fn(Handle, Handle, *const u8, i16, *mut u8, i16, *mut i16, u16) -> Return;
    let real: F = unsafe { transmute(real("SQLDriverConnect")) };
    unsafe { real(connection, window, text, length, out, room, written, completion) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn SQLExecDirect(statement: Handle, text: *const u8, length: i32) -> Return {
    forget(statement);
    let sql = unsafe { utf8(text, length) };
    if due(statement, "execute", &sql).is_some() {
        return ERROR;
    }
    type F = unsafe extern "C" fn(Handle, *const u8, i32) -> Return;
    let real: F = unsafe { transmute(real("SQLExecDirect")) };
    unsafe { real(statement, text, length) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn SQLPrepare(statement: Handle, text: *const u8, length: i32) -> Return {
    forget(statement);
    let sql = unsafe { utf8(text, length) };
    state().get_or_insert_default().texts.push((statement as usize, sql));
    type F = unsafe extern "C" fn(Handle, *const u8, i32) -> Return;
    let real: F = unsafe { transmute(real("SQLPrepare")) };
    unsafe { real(statement, text, length) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn SQLExecute(statement: Handle) -> Return {
    forget(statement);
    let sql = text_of(statement);
    if due(statement, "execute", &sql).is_some() {
        return ERROR;
    }
    // Says that it did, and did nothing.
    if due(statement, "pretend", &sql).is_some() {
        return SUCCESS;
    }
    type F = unsafe extern "C" fn(Handle) -> Return;
    let real: F = unsafe { transmute(real("SQLExecute")) };
    unsafe { real(statement) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn SQLFetch(statement: Handle) -> Return {
    forget(statement);
    if due(statement, "fetch", "").is_some() {
        return ERROR;
    }
    type F = unsafe extern "C" fn(Handle) -> Return;
    let real: F = unsafe { transmute(real("SQLFetch")) };
    unsafe { real(statement) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn SQLEndTran(kind: i16, handle: Handle, completion: i16) -> Return {
    forget(handle);
    let function = if completion == 0 { "commit" } else { "rollback" };
    if due(handle, function, "").is_some() {
        return ERROR;
    }
    type F = unsafe extern "C" fn(i16, Handle, i16) -> Return;
    let real: F = unsafe { transmute(real("SQLEndTran")) };
    let answer = unsafe { real(kind, handle, completion) };
    // It was done, and nobody hears of it.
    if due(handle, "committed", "").is_some() { ERROR } else { answer }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn SQLRowCount(statement: Handle, count: *mut isize) -> Return {
    if due(statement, "count", "").is_some() {
        unsafe { *count = -77 };
        return SUCCESS;
    }
    type F = unsafe extern "C" fn(Handle, *mut isize) -> Return;
    let real: F = unsafe { transmute(real("SQLRowCount")) };
    unsafe { real(statement, count) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn SQLSetStmtAttr(
    statement: Handle,
    attribute: i32,
    value: Handle,
    length: i32,
) -> Return {
    forget(statement);
    if attribute == PARAMSET_SIZE
        && value as usize > 1
        && due(statement, "arrays", &text_of(statement)).is_some()
    {
        return ERROR;
    }
    type F = unsafe extern "C" fn(Handle, i32, Handle, i32) -> Return;
    let real: F = unsafe { transmute(real("SQLSetStmtAttr")) };
    unsafe { real(statement, attribute, value, length) }
}

type DiagRec<C> =
    unsafe extern "C" fn(i16, Handle, i16, *mut C, *mut i32, *mut C, i16, *mut i16) -> Return;

/// A text's units, and a zero, as far as there is room.
unsafe fn put<C: Copy>(units: impl Iterator<Item = C>, zero: C, to: *mut C, room: usize) {
    if to.is_null() || room == 0 {
        return;
    }
    let units: Vec<C> = units.take(room - 1).chain([zero]).collect();
    unsafe { to.copy_from_nonoverlapping(units.as_ptr(), units.len()) };
}

fn report(handle: Handle) -> Option<Fault> {
    let state = state();
    let mut reports = state.iter().flat_map(|state| &state.reports);
    reports.find(|(other, _)| *other == handle as usize).map(|(_, fault)| fault.clone())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn SQLGetDiagRec(
    kind: i16,
    handle: Handle,
    number: i16,
    state: *mut u8,
    native: *mut i32,
    message: *mut u8,
    room: i16,
    length: *mut i16,
) -> Return {
    let Some(fault) = report(handle) else {
        let real: DiagRec<u8> = unsafe { transmute(real("SQLGetDiagRec")) };
        return unsafe { real(kind, handle, number, state, native, message, room, length) };
    };
    if number > 1 {
        return NO_DATA;
    }
    unsafe {
        put(fault.state.bytes(), 0, state, 6);
        put(fault.message.bytes(), 0, message, room.max(0) as usize);
        tell(&fault, fault.message.len(), native, length);
    }
    SUCCESS
}

/// The driver manager prefers it, also for narrow texts.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SQLGetDiagRecW(
    kind: i16,
    handle: Handle,
    number: i16,
    state: *mut u16,
    native: *mut i32,
    message: *mut u16,
    room: i16,
    length: *mut i16,
) -> Return {
    let Some(fault) = report(handle) else {
        let real: DiagRec<u16> = unsafe { transmute(real("SQLGetDiagRecW")) };
        return unsafe { real(kind, handle, number, state, native, message, room, length) };
    };
    if number > 1 {
        return NO_DATA;
    }
    unsafe {
        put(fault.state.encode_utf16(), 0, state, 6);
        put(fault.message.encode_utf16(), 0, message, room.max(0) as usize);
        tell(&fault, fault.message.encode_utf16().count(), native, length);
    }
    SUCCESS
}

unsafe fn tell(fault: &Fault, units: usize, native: *mut i32, length: *mut i16) {
    unsafe {
        if !native.is_null() {
            *native = fault.native;
        }
        if !length.is_null() {
            *length = units as i16;
        }
    }
}
