//! Binding `spawn_sync`: a child process that is waited for. It has an event loop of its own meanwhile.

use spey_engine::{Args, JsResult, Local, NativeSpec, Object, Scope, Value, conversion, object};
use spey_host as host;
use spey_loop::{Chunk, Completion, HandleId, Loop, RequestId, Stdio, TimerId, UvError, signal_name};

use crate::process_wrap::{common_options, plain_stdio, stdio_entries};
use crate::stream_base::Returned;

static FUNCTIONS: &[NativeSpec] = &[NativeSpec::new("spawn", 1, spawn)];

pub(crate) fn install(s: &mut Scope<'_>, target: Local<'_, Object>) {
    host::define_functions(s, target, FUNCTIONS);
}

/// A pipe between us and the child.
struct Pipe {
    id: HandleId,
    /// What the child is to read.
    input: Option<Vec<u8>>,
    /// What the child has written, if we want it.
    output: Option<Vec<u8>>,
}

struct Child {
    pipes: Vec<Option<Pipe>>,
    max_buffer: f64,
    kill_signal: i32,
    process: HandleId,
    timer: Option<TimerId>,
    exit: Option<(i32, i32)>,
    error: Option<UvError>,
    killed: bool,
}

impl Child {
    fn pipe(&mut self, id: HandleId) -> Option<&mut Pipe> {
        self.pipes.iter_mut().flatten().find(|pipe| pipe.id == id)
    }

    fn fail(&mut self, loop_: &mut Loop, error: UvError) {
        self.error.get_or_insert(error);
        if std::mem::replace(&mut self.killed, true) {
            return;
        }
        let killed = loop_.process_kill(self.process, self.kill_signal);
        if killed.is_err_and(|error| error != UvError::ESRCH) {
            // The signal asked for is not one that can be sent.
            let _ = loop_.process_kill(self.process, libc::SIGKILL);
        }
        // Descendants of the child may keep the pipes open.
        for pipe in self.pipes.iter().flatten() {
            loop_.close(pipe.id);
        }
    }

    fn on_completion(&mut self, loop_: &mut Loop, completion: Completion) {
        match completion {
            Completion::Read { handle, buffer } => {
                let max_buffer = self.max_buffer;
                let Some(output) = self.pipe(handle).and_then(|pipe| pipe.output.as_mut()) else { return };
                output.extend_from_slice(&buffer);
                if max_buffer > 0.0 && output.len() as f64 > max_buffer {
                    self.fail(loop_, UvError::ENOBUFS);
                }
            }
            Completion::ReadEof { handle } | Completion::ReadError { handle, .. } => loop_.close(handle),
            Completion::ShutdownDone { handle, .. }
                if self.pipe(handle).is_some_and(|pipe| pipe.output.is_none()) =>
            {
                loop_.close(handle);
            }
            // A child that does not want its input has closed the pipe.
            Completion::WriteDone { handle, result: Err(error), .. } if error != UvError::ECANCELED => {
                loop_.close(handle);
            }
            Completion::ProcessExit { handle, status, signal } => {
                self.exit = Some((status, signal));
                if let Some(timer) = self.timer.take() {
                    loop_.timer_stop(timer);
                }
                loop_.close(handle);
            }
            Completion::Timer { .. } => {
                self.timer = None;
                self.fail(loop_, UvError::ETIMEDOUT);
            }
            _ => {}
        }
    }
}

/// Starts writing the input; what the system does not take at once is queued.
fn feed(loop_: &mut Loop, pipe: &mut Pipe) {
    let input = pipe.input.take().unwrap_or_default();
    if !input.is_empty()
        && loop_.write_chunks(pipe.id, RequestId::from_u64(1), vec![Chunk::new(input)]).is_err()
    {
        loop_.close(pipe.id);
        return;
    }
    if loop_.shutdown(pipe.id, RequestId::from_u64(2)).is_err() {
        loop_.close(pipe.id);
    }
}

fn boolean(s: &mut Scope<'_>, entry: Local<'_, Object>, name: &str) -> JsResult<bool> {
    let v = object::get_named(s, entry, name)?;
    Ok(conversion::to_boolean(v.raw()))
}

fn number(s: &mut Scope<'_>, options: Local<'_, Object>, name: &str) -> JsResult<f64> {
    Ok(object::get_named(s, options, name)?.as_number().unwrap_or(0.0))
}

fn spawn<'s>(s: &mut Scope<'s>, _: Local<'s, Value>, args: &Args<'s>) -> Returned<'s> {
    let Some(js_options) = args.get(0).as_object() else {
        return host::node_type_error(
            s,
            "ERR_INVALID_ARG_TYPE",
            "The \"options\" argument must be an object",
        );
    };
    let mut options = common_options(s, js_options)?;
    let timeout_ms = number(s, js_options, "timeout")?;
    let max_buffer = number(s, js_options, "maxBuffer")?;
    let kill_signal = number(s, js_options, "killSignal")? as i32;
    let kill_signal = if kill_signal > 0 { kill_signal } else { libc::SIGTERM };

    let agent = host::agent(s);
    let (clock, pool) = (agent.loop_.clock().clone(), agent.loop_.pool().clone());
    let mut loop_ = match Loop::with(clock, pool) {
        Ok(loop_) => loop_,
        Err(error) => return failed(s, error),
    };
    let mut pipes = Vec::new();
    for entry in stdio_entries(s, js_options)? {
        if let Some(stdio) = plain_stdio(s, entry)? {
            options.stdio.push(stdio);
            pipes.push(None);
            continue;
        }
        // Readable and writable as the child sees it.
        let readable = boolean(s, entry, "readable")?;
        let writable = boolean(s, entry, "writable")?;
        let input = object::get_named(s, entry, "input")?;
        let input = if readable { Some(host::copy_bytes_of(input).unwrap_or_default()) } else { None };
        let id = loop_.pipe_new();
        options.stdio.push(Stdio::Pipe(id));
        pipes.push(Some(Pipe { id, input, output: writable.then(Vec::new) }));
    }

    let (process, pid) = match loop_.spawn(&options) {
        Ok(started) => started,
        Err(error) => return failed(s, error),
    };
    let timer = (timeout_ms > 0.0).then(|| loop_.timer_start(timeout_ms as u64, 0));
    let mut child =
        Child { pipes, max_buffer, kill_signal, process, timer, exit: None, error: None, killed: false };
    for pipe in child.pipes.iter_mut().flatten() {
        if pipe.output.is_some() && loop_.read_start(pipe.id).is_err() {
            loop_.close(pipe.id);
        }
        if pipe.input.is_some() {
            feed(&mut loop_, pipe);
        }
    }
    while let Some(completion) = loop_.next() {
        child.on_completion(&mut loop_, completion);
    }
    result(s, pid, child)
}

/// The child could not be started.
fn failed<'s>(s: &mut Scope<'s>, error: UvError) -> Returned<'s> {
    let result = object::new_object(s);
    let (null, zero) = (s.null(), s.int(0));
    let code = s.int(error.code());
    for (name, value) in
        [("pid", zero), ("status", null), ("signal", null), ("output", null), ("error", code)]
    {
        host::define_value(s, result, name, value);
    }
    Ok(result.value())
}

fn result<'s>(s: &mut Scope<'s>, pid: i32, child: Child) -> Returned<'s> {
    let result = object::new_object(s);
    let null = s.null();
    let (status, signal) = child.exit.unwrap_or_default();
    let pid = s.int(pid);
    host::define_value(s, result, "pid", pid);
    let status = if signal == 0 && child.exit.is_some() { s.int(status) } else { null };
    host::define_value(s, result, "status", status);
    let signal = match signal_name(signal) {
        Some(name) => s.string_value(name),
        None => null,
    };
    host::define_value(s, result, "signal", signal);
    let output = object::new_array(s, 0);
    for pipe in child.pipes {
        s.nested(|s| {
            let bytes = match pipe.and_then(|pipe| pipe.output) {
                Some(bytes) => host::buffer_from_vec(s, bytes).value(),
                None => s.null(),
            };
            object::array_push(s, output, bytes);
        });
    }
    host::define_value(s, result, "output", output.value());
    if let Some(error) = child.error {
        let error = s.int(error.code());
        host::define_value(s, result, "error", error);
    }
    Ok(result.value())
}
