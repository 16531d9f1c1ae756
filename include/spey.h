// libspey: the runtime as a library for C and C++ programs.
//
// A program makes a runtime, runs code in it and lets its event loop turn. Values are worked with by the functions of
// Node-API, version 10, which addons use, too: they are declared below, with the environment that spey_runtime_env()
// gives. Link with -lspey_capi. A runtime belongs to the thread that made it; only the functions for thread-safe
// functions may be called from others. See examples/embedding.

#ifndef SPEY_H
#define SPEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__cplusplus)
#define SPEY_NORETURN [[noreturn]]
extern "C" {
#else
#define SPEY_NORETURN _Noreturn
typedef uint16_t char16_t;
#endif

#define NAPI_VERSION 10
#define NAPI_AUTO_LENGTH SIZE_MAX

typedef struct napi_env__ *napi_env;
typedef struct napi_value__ *napi_value;
typedef struct napi_ref__ *napi_ref;
typedef struct napi_handle_scope__ *napi_handle_scope;
typedef struct napi_escapable_handle_scope__ *napi_escapable_handle_scope;
typedef struct napi_callback_info__ *napi_callback_info;
typedef struct napi_deferred__ *napi_deferred;
typedef struct napi_callback_scope__ *napi_callback_scope;
typedef struct napi_async_context__ *napi_async_context;
typedef struct napi_async_work__ *napi_async_work;
typedef struct napi_threadsafe_function__ *napi_threadsafe_function;
typedef struct napi_async_cleanup_hook_handle__ *napi_async_cleanup_hook_handle;
struct uv_loop_s;

typedef enum {
  napi_ok,
  napi_invalid_arg,
  napi_object_expected,
  napi_string_expected,
  napi_name_expected,
  napi_function_expected,
  napi_number_expected,
  napi_boolean_expected,
  napi_array_expected,
  napi_generic_failure,
  napi_pending_exception,
  napi_cancelled,
  napi_escape_called_twice,
  napi_handle_scope_mismatch,
  napi_callback_scope_mismatch,
  napi_queue_full,
  napi_closing,
  napi_bigint_expected,
  napi_date_expected,
  napi_arraybuffer_expected,
  napi_detachable_arraybuffer_expected,
  napi_would_deadlock,
  napi_no_external_buffers_allowed,
  napi_cannot_run_js
} napi_status;

typedef enum {
  napi_undefined,
  napi_null,
  napi_boolean,
  napi_number,
  napi_string,
  napi_symbol,
  napi_object,
  napi_function,
  napi_external,
  napi_bigint
} napi_valuetype;

typedef enum {
  napi_int8_array,
  napi_uint8_array,
  napi_uint8_clamped_array,
  napi_int16_array,
  napi_uint16_array,
  napi_int32_array,
  napi_uint32_array,
  napi_float32_array,
  napi_float64_array,
  napi_bigint64_array,
  napi_biguint64_array,
  napi_float16_array
} napi_typedarray_type;

typedef enum {
  napi_default = 0,
  napi_writable = 1,
  napi_enumerable = 2,
  napi_configurable = 4,
  napi_static = 1024,
  napi_default_method = 5,
  napi_default_jsproperty = 7
} napi_property_attributes;

typedef enum { napi_key_include_prototypes, napi_key_own_only } napi_key_collection_mode;
typedef enum {
  napi_key_all_properties = 0,
  napi_key_writable = 1,
  napi_key_enumerable = 2,
  napi_key_configurable = 4,
  napi_key_skip_strings = 8,
  napi_key_skip_symbols = 16
} napi_key_filter;
typedef enum { napi_key_keep_numbers, napi_key_numbers_to_strings } napi_key_conversion;
typedef enum { napi_tsfn_release, napi_tsfn_abort } napi_threadsafe_function_release_mode;
typedef enum { napi_tsfn_nonblocking, napi_tsfn_blocking } napi_threadsafe_function_call_mode;

typedef napi_value (*napi_callback)(napi_env env, napi_callback_info info);
typedef void (*napi_finalize)(napi_env env, void *data, void *hint);
typedef void (*node_api_noenv_finalize)(void *data, void *hint);
typedef void (*napi_async_execute_callback)(napi_env env, void *data);
typedef void (*napi_async_complete_callback)(napi_env env, napi_status status, void *data);
typedef void (*napi_threadsafe_function_call_js)(napi_env env, napi_value function, void *context, void *data);
typedef void (*napi_cleanup_hook)(void *data);
typedef void (*napi_async_cleanup_hook)(napi_async_cleanup_hook_handle handle, void *data);
typedef napi_value (*napi_addon_register_func)(napi_env env, napi_value exports);

typedef struct {
  const char *error_message;
  void *engine_reserved;
  uint32_t engine_error_code;
  napi_status error_code;
} napi_extended_error_info;

// A property has one of `utf8name` and `name`, and one of `method`, accessors and `value`.
typedef struct {
  const char *utf8name;
  napi_value name;
  napi_callback method;
  napi_callback getter;
  napi_callback setter;
  napi_value value;
  napi_property_attributes attributes;
  void *data;
} napi_property_descriptor;

typedef struct {
  uint64_t lower;
  uint64_t upper;
} napi_type_tag;

typedef struct {
  uint32_t major;
  uint32_t minor;
  uint32_t patch;
  const char *release;
} napi_node_version;

typedef struct napi_module {
  int nm_version;
  unsigned int nm_flags;
  const char *nm_filename;
  napi_addon_register_func nm_register_func;
  const char *nm_modname;
  void *nm_priv;
  void *reserved[4];
} napi_module;

// ---- Runtimes

typedef struct spey_runtime spey_runtime;

typedef struct {
  // sizeof(spey_options)
  size_t size;
  // process.argv: the program, then its arguments.
  int argc;
  const char *const *argv;
  // Limit of the heap; 0 for the default.
  uint64_t max_heap_bytes;
} spey_options;

// A runtime with Node's globals and modules. NULL if the system refuses what it needs. `options` may be NULL.
spey_runtime *spey_runtime_create(const spey_options *options);
// Runs clean-up hooks and finalisers, and frees everything.
void spey_runtime_destroy(spey_runtime *runtime);
// The environment for Node-API.
napi_env spey_runtime_env(spey_runtime *runtime);
// Runs a script in the global scope; `require` is there. The value is that of its last statement. After
// napi_pending_exception, napi_get_and_clear_last_exception() gives what it has thrown. `result` may be NULL.
napi_status spey_run_script(spey_runtime *runtime, const char *source, size_t length, const char *name,
    napi_value *result);
// Does what is due (timers, input, promises), without waiting. True if something keeps the loop alive.
bool spey_pump(spey_runtime *runtime);
// Lets the loop run until nothing keeps it alive; the result is the exit code.
int spey_run_loop(spey_runtime *runtime);

// ---- Errors
napi_status napi_get_last_error_info(napi_env env, const napi_extended_error_info **result);
napi_status napi_create_error(napi_env env, napi_value code, napi_value message, napi_value *result);
napi_status napi_create_type_error(napi_env env, napi_value code, napi_value message, napi_value *result);
napi_status napi_create_range_error(napi_env env, napi_value code, napi_value message, napi_value *result);
napi_status node_api_create_syntax_error(napi_env env, napi_value code, napi_value message,
    napi_value *result);
napi_status napi_throw(napi_env env, napi_value error);
napi_status napi_throw_error(napi_env env, const char *code, const char *message);
napi_status napi_throw_type_error(napi_env env, const char *code, const char *message);
napi_status napi_throw_range_error(napi_env env, const char *code, const char *message);
napi_status node_api_throw_syntax_error(napi_env env, const char *code, const char *message);
napi_status napi_is_error(napi_env env, napi_value value, bool *result);
napi_status napi_is_exception_pending(napi_env env, bool *result);
napi_status napi_get_and_clear_last_exception(napi_env env, napi_value *result);

// ---- Primitive values
napi_status napi_get_undefined(napi_env env, napi_value *result);
napi_status napi_get_null(napi_env env, napi_value *result);
napi_status napi_get_global(napi_env env, napi_value *result);
napi_status napi_get_boolean(napi_env env, bool value, napi_value *result);
napi_status napi_create_double(napi_env env, double value, napi_value *result);
napi_status napi_create_int32(napi_env env, int32_t value, napi_value *result);
napi_status napi_create_uint32(napi_env env, uint32_t value, napi_value *result);
napi_status napi_create_int64(napi_env env, int64_t value, napi_value *result);
napi_status napi_typeof(napi_env env, napi_value value, napi_valuetype *result);
napi_status napi_get_value_double(napi_env env, napi_value value, double *result);
napi_status napi_get_value_int32(napi_env env, napi_value value, int32_t *result);
napi_status napi_get_value_uint32(napi_env env, napi_value value, uint32_t *result);
napi_status napi_get_value_int64(napi_env env, napi_value value, int64_t *result);
napi_status napi_get_value_bool(napi_env env, napi_value value, bool *result);
napi_status napi_coerce_to_bool(napi_env env, napi_value value, napi_value *result);
napi_status napi_coerce_to_number(napi_env env, napi_value value, napi_value *result);
napi_status napi_coerce_to_object(napi_env env, napi_value value, napi_value *result);
napi_status napi_coerce_to_string(napi_env env, napi_value value, napi_value *result);
napi_status napi_strict_equals(napi_env env, napi_value left, napi_value right, bool *result);
napi_status napi_instanceof(napi_env env, napi_value object, napi_value constructor, bool *result);
napi_status napi_create_date(napi_env env, double time, napi_value *result);
napi_status napi_is_date(napi_env env, napi_value value, bool *result);
napi_status napi_get_date_value(napi_env env, napi_value value, double *result);
napi_status napi_create_bigint_int64(napi_env env, int64_t value, napi_value *result);
napi_status napi_create_bigint_uint64(napi_env env, uint64_t value, napi_value *result);
napi_status napi_create_bigint_words(napi_env env, int sign, size_t count, const uint64_t *words,
    napi_value *result);
napi_status napi_get_value_bigint_int64(napi_env env, napi_value value, int64_t *result, bool *lossless);
napi_status napi_get_value_bigint_uint64(napi_env env, napi_value value, uint64_t *result, bool *lossless);
napi_status napi_get_value_bigint_words(napi_env env, napi_value value, int *sign, size_t *count,
    uint64_t *words);
napi_status napi_run_script(napi_env env, napi_value source, napi_value *result);

// ---- Strings and symbols
napi_status napi_create_string_utf8(napi_env env, const char *text, size_t length, napi_value *result);
napi_status napi_create_string_latin1(napi_env env, const char *text, size_t length, napi_value *result);
napi_status napi_create_string_utf16(napi_env env, const char16_t *text, size_t length, napi_value *result);
napi_status node_api_create_property_key_utf8(napi_env env, const char *text, size_t length,
    napi_value *result);
napi_status node_api_create_property_key_latin1(napi_env env, const char *text, size_t length,
    napi_value *result);
napi_status node_api_create_property_key_utf16(napi_env env, const char16_t *text, size_t length,
    napi_value *result);
napi_status node_api_create_external_string_latin1(napi_env env, const char *text, size_t length,
    napi_finalize finalize, void *hint, napi_value *result, bool *copied);
napi_status node_api_create_external_string_utf16(napi_env env, const char16_t *text, size_t length,
    napi_finalize finalize, void *hint, napi_value *result, bool *copied);
napi_status napi_get_value_string_utf8(napi_env env, napi_value value, char *buffer, size_t size,
    size_t *result);
napi_status napi_get_value_string_latin1(napi_env env, napi_value value, char *buffer, size_t size,
    size_t *result);
napi_status napi_get_value_string_utf16(napi_env env, napi_value value, char16_t *buffer, size_t size,
    size_t *result);
napi_status napi_create_symbol(napi_env env, napi_value description, napi_value *result);
napi_status node_api_symbol_for(napi_env env, const char *text, size_t length, napi_value *result);

// ---- Properties and arrays
napi_status napi_set_property(napi_env env, napi_value object, napi_value key, napi_value v);
napi_status napi_get_property(napi_env env, napi_value object, napi_value key, napi_value *result);
napi_status napi_has_property(napi_env env, napi_value object, napi_value key, bool *result);
napi_status napi_has_own_property(napi_env env, napi_value object, napi_value key, bool *result);
napi_status napi_delete_property(napi_env env, napi_value object, napi_value key, bool *result);
napi_status napi_set_named_property(napi_env env, napi_value object, const char *name, napi_value v);
napi_status napi_get_named_property(napi_env env, napi_value object, const char *name, napi_value *result);
napi_status napi_has_named_property(napi_env env, napi_value object, const char *name, bool *result);
napi_status napi_set_element(napi_env env, napi_value object, uint32_t index, napi_value v);
napi_status napi_get_element(napi_env env, napi_value object, uint32_t index, napi_value *result);
napi_status napi_has_element(napi_env env, napi_value object, uint32_t index, bool *result);
napi_status napi_delete_element(napi_env env, napi_value object, uint32_t index, bool *result);
napi_status napi_get_prototype(napi_env env, napi_value object, napi_value *result);
napi_status node_api_set_prototype(napi_env env, napi_value object, napi_value prototype);
napi_status node_api_create_object_with_properties(napi_env env, napi_value prototype,
    const napi_value *names, const napi_value *values, size_t count, napi_value *result);
napi_status napi_get_property_names(napi_env env, napi_value object, napi_value *result);
napi_status napi_get_all_property_names(napi_env env, napi_value object, napi_key_collection_mode mode,
    napi_key_filter key_filter, napi_key_conversion conversion, napi_value *result);
napi_status napi_object_freeze(napi_env env, napi_value object);
napi_status napi_object_seal(napi_env env, napi_value object);
napi_status napi_create_array(napi_env env, napi_value *result);
napi_status napi_create_array_with_length(napi_env env, size_t length, napi_value *result);
napi_status napi_is_array(napi_env env, napi_value value, bool *result);
napi_status napi_get_array_length(napi_env env, napi_value value, uint32_t *result);

// ---- Tables of properties, classes
napi_status napi_define_properties(napi_env env, napi_value object, size_t count,
    const napi_property_descriptor *properties);
napi_status napi_define_class(napi_env env, const char *name, size_t length, napi_callback constructor,
    void *data, size_t count, const napi_property_descriptor *properties, napi_value *result);

// ---- Functions and promises
napi_status napi_create_function(napi_env env, const char *name, size_t length, napi_callback callback,
    void *data, napi_value *result);
napi_status napi_get_cb_info(napi_env env, napi_callback_info info, size_t *argc, napi_value *argv,
    napi_value *this_value, void **data);
napi_status napi_get_new_target(napi_env env, napi_callback_info info, napi_value *result);
napi_status napi_call_function(napi_env env, napi_value receiver, napi_value function, size_t argc,
    const napi_value *argv, napi_value *result);
napi_status napi_new_instance(napi_env env, napi_value constructor, size_t argc, const napi_value *argv,
    napi_value *result);
napi_status napi_create_promise(napi_env env, napi_deferred *deferred, napi_value *promise);
napi_status napi_resolve_deferred(napi_env env, napi_deferred deferred, napi_value v);
napi_status napi_reject_deferred(napi_env env, napi_deferred deferred, napi_value v);
napi_status napi_is_promise(napi_env env, napi_value value, bool *result);
napi_status napi_get_version(napi_env env, uint32_t *result);
napi_status napi_create_object(napi_env env, napi_value *result);

// ---- Native data of objects
napi_status napi_wrap(napi_env env, napi_value js_object, void *data, napi_finalize callback, void *hint,
    napi_ref *result);
napi_status napi_unwrap(napi_env env, napi_value js_object, void **result);
napi_status napi_remove_wrap(napi_env env, napi_value js_object, void **result);
napi_status napi_create_external(napi_env env, void *data, napi_finalize callback, void *hint,
    napi_value *result);
napi_status napi_get_value_external(napi_env env, napi_value value, void **result);
napi_status napi_type_tag_object(napi_env env, napi_value value, const napi_type_tag *tag);
napi_status napi_check_object_type_tag(napi_env env, napi_value value, const napi_type_tag *tag,
    bool *result);

// ---- References and finalisers
napi_status napi_create_reference(napi_env env, napi_value value, uint32_t initial_count, napi_ref *result);
napi_status napi_delete_reference(napi_env env, napi_ref reference);
napi_status napi_reference_ref(napi_env env, napi_ref reference, uint32_t *result);
napi_status napi_reference_unref(napi_env env, napi_ref reference, uint32_t *result);
napi_status napi_get_reference_value(napi_env env, napi_ref reference, napi_value *result);
napi_status napi_add_finalizer(napi_env env, napi_value object, void *data, napi_finalize callback,
    void *hint, napi_ref *result);
napi_status node_api_post_finalizer(napi_env env, napi_finalize callback, void *data, void *hint);
napi_status napi_set_instance_data(napi_env env, void *data, napi_finalize callback, void *hint);
napi_status napi_get_instance_data(napi_env env, void **data);

// ---- Handle scopes
napi_status napi_open_handle_scope(napi_env env, napi_handle_scope *result);
napi_status napi_close_handle_scope(napi_env env, napi_handle_scope scope);
napi_status napi_open_escapable_handle_scope(napi_env env, napi_escapable_handle_scope *result);
napi_status napi_close_escapable_handle_scope(napi_env env, napi_escapable_handle_scope scope);
napi_status napi_escape_handle(napi_env env, napi_escapable_handle_scope scope, napi_value escapee,
    napi_value *result);

// ---- ArrayBuffers, views, Buffers
napi_status napi_is_arraybuffer(napi_env env, napi_value value, bool *result);
napi_status node_api_is_sharedarraybuffer(napi_env env, napi_value value, bool *result);
napi_status napi_create_arraybuffer(napi_env env, size_t length, void **data, napi_value *result);
napi_status node_api_create_sharedarraybuffer(napi_env env, size_t length, void **data, napi_value *result);
napi_status napi_create_external_arraybuffer(napi_env env, void *data, size_t length, napi_finalize callback,
    void *hint, napi_value *result);
napi_status node_api_create_external_sharedarraybuffer(napi_env env, void *data, size_t length,
    node_api_noenv_finalize callback, void *hint, napi_value *result);
napi_status napi_get_arraybuffer_info(napi_env env, napi_value value, void **data, size_t *length);
napi_status napi_detach_arraybuffer(napi_env env, napi_value value);
napi_status napi_is_detached_arraybuffer(napi_env env, napi_value value, bool *result);
napi_status napi_is_typedarray(napi_env env, napi_value value, bool *result);
napi_status napi_create_typedarray(napi_env env, napi_typedarray_type element, size_t length,
    napi_value buffer, size_t offset, napi_value *result);
napi_status napi_get_typedarray_info(napi_env env, napi_value value, napi_typedarray_type *element,
    size_t *length, void **data, napi_value *buffer, size_t *offset);
napi_status napi_is_dataview(napi_env env, napi_value value, bool *result);
napi_status napi_create_dataview(napi_env env, size_t length, napi_value buffer, size_t offset,
    napi_value *result);
napi_status napi_get_dataview_info(napi_env env, napi_value value, size_t *length, void **data,
    napi_value *buffer, size_t *offset);
napi_status napi_create_buffer(napi_env env, size_t length, void **data, napi_value *result);
napi_status napi_create_buffer_copy(napi_env env, size_t length, const void *from, void **data,
    napi_value *result);
napi_status napi_create_external_buffer(napi_env env, size_t length, void *data, napi_finalize callback,
    void *hint, napi_value *result);
napi_status node_api_create_buffer_from_arraybuffer(napi_env env, napi_value buffer, size_t offset,
    size_t length, napi_value *result);
napi_status napi_is_buffer(napi_env env, napi_value value, bool *result);
napi_status napi_get_buffer_info(napi_env env, napi_value value, void **data, size_t *length);
napi_status napi_adjust_external_memory(napi_env env, int64_t change, int64_t *result);

// ---- Work on the thread pool
napi_status napi_create_async_work(napi_env env, napi_value resource, napi_value name,
    napi_async_execute_callback execute, napi_async_complete_callback complete, void *data,
    napi_async_work *result);
napi_status napi_delete_async_work(napi_env env, napi_async_work work);
napi_status napi_queue_async_work(napi_env env, napi_async_work work);
napi_status napi_cancel_async_work(napi_env env, napi_async_work work);

// ---- Asynchronous contexts
napi_status napi_async_init(napi_env env, napi_value resource, napi_value name, napi_async_context *result);
napi_status napi_async_destroy(napi_env env, napi_async_context context);
napi_status napi_make_callback(napi_env env, napi_async_context context, napi_value receiver,
    napi_value function, size_t argc, const napi_value *argv, napi_value *result);
napi_status napi_open_callback_scope(napi_env env, napi_value resource, napi_async_context context,
    napi_callback_scope *result);
napi_status napi_close_callback_scope(napi_env env, napi_callback_scope scope);

// ---- Functions for other threads
napi_status napi_create_threadsafe_function(napi_env env, napi_value function, napi_value resource,
    napi_value name, size_t max_queue, size_t threads, void *finalize_data, napi_finalize finalize,
    void *user_context, napi_threadsafe_function_call_js call_js, napi_threadsafe_function *result);
napi_status napi_get_threadsafe_function_context(napi_threadsafe_function function, void **result);
napi_status napi_call_threadsafe_function(napi_threadsafe_function function, void *data,
    napi_threadsafe_function_call_mode mode);
napi_status napi_acquire_threadsafe_function(napi_threadsafe_function function);
napi_status napi_release_threadsafe_function(napi_threadsafe_function function,
    napi_threadsafe_function_release_mode mode);
napi_status napi_ref_threadsafe_function(napi_env env, napi_threadsafe_function function);
napi_status napi_unref_threadsafe_function(napi_env env, napi_threadsafe_function function);

// ---- The end
napi_status napi_add_env_cleanup_hook(napi_env env, napi_cleanup_hook function, void *data);
napi_status napi_remove_env_cleanup_hook(napi_env env, napi_cleanup_hook function, void *data);
napi_status napi_add_async_cleanup_hook(napi_env env, napi_async_cleanup_hook hook, void *data,
    napi_async_cleanup_hook_handle *result);
napi_status napi_remove_async_cleanup_hook(napi_async_cleanup_hook_handle handle);

// ---- Modules
void napi_module_register(napi_module *module);
napi_status node_api_get_module_file_name(napi_env env, const char **result);
napi_status napi_get_node_version(napi_env env, const napi_node_version **result);

// ---- Fatal errors
SPEY_NORETURN void napi_fatal_error(const char *location, size_t location_length, const char *message,
    size_t message_length);
napi_status napi_fatal_exception(napi_env env, napi_value error);

// ---- The loop
napi_status napi_get_uv_event_loop(napi_env env, struct uv_loop_s **result);

#if defined(__cplusplus)
}
#endif

#endif
