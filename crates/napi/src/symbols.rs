//! The table of exported functions: naming them here keeps them in the program.

use std::ffi::c_void;

use crate::async_context::*;
use crate::async_work::*;
use crate::buffers::*;
use crate::cleanup::*;
use crate::define::*;
use crate::errors::*;
use crate::fatal::*;
use crate::functions::*;
use crate::module::*;
use crate::objects::*;
use crate::references::*;
use crate::scopes::*;
use crate::strings::*;
use crate::threadsafe::*;
use crate::uv::threads::*;
use crate::uv::*;
use crate::values::*;
use crate::wrap::*;

/// Address of a function, in a static that other code may read.
pub struct Address(pub *const c_void);
// SAFETY: the address of a function never changes.
unsafe impl Sync for Address {}

macro_rules! table {
    ($($name:ident)*) => {
        #[used]
        static TABLE: &[Address] = &[$(Address($name as *const c_void),)*];
    };
}
table! {
    napi_async_init napi_async_destroy napi_make_callback napi_open_callback_scope napi_close_callback_scope
    napi_create_async_work napi_delete_async_work napi_queue_async_work napi_cancel_async_work
    napi_is_arraybuffer node_api_is_sharedarraybuffer napi_create_arraybuffer
    node_api_create_sharedarraybuffer napi_create_external_arraybuffer
    node_api_create_external_sharedarraybuffer napi_get_arraybuffer_info napi_detach_arraybuffer
    napi_is_detached_arraybuffer napi_is_typedarray napi_create_typedarray napi_get_typedarray_info
    napi_is_dataview napi_create_dataview napi_get_dataview_info napi_create_buffer napi_create_buffer_copy
    napi_create_external_buffer node_api_create_buffer_from_arraybuffer napi_is_buffer napi_get_buffer_info
    napi_adjust_external_memory
    napi_add_env_cleanup_hook napi_remove_env_cleanup_hook napi_add_async_cleanup_hook
    napi_remove_async_cleanup_hook
    napi_define_properties napi_define_class
    napi_get_last_error_info napi_create_error napi_create_type_error napi_create_range_error
    node_api_create_syntax_error napi_throw napi_throw_error napi_throw_type_error napi_throw_range_error
    node_api_throw_syntax_error napi_is_error napi_is_exception_pending napi_get_and_clear_last_exception
    napi_fatal_error napi_fatal_exception
    napi_create_function napi_get_cb_info napi_get_new_target napi_call_function napi_new_instance
    napi_create_promise napi_resolve_deferred napi_reject_deferred napi_is_promise napi_get_version
    napi_create_object
    napi_module_register node_module_register node_api_get_module_file_name napi_get_node_version
    napi_set_property napi_get_property napi_has_property napi_has_own_property napi_delete_property
    napi_set_named_property napi_get_named_property napi_has_named_property napi_set_element
    napi_get_element napi_has_element napi_delete_element napi_get_prototype node_api_set_prototype
    node_api_create_object_with_properties napi_get_property_names napi_get_all_property_names
    napi_object_freeze napi_object_seal napi_create_array napi_create_array_with_length napi_is_array
    napi_get_array_length
    napi_create_reference napi_delete_reference napi_reference_ref napi_reference_unref
    napi_get_reference_value napi_add_finalizer node_api_post_finalizer napi_set_instance_data
    napi_get_instance_data
    napi_open_handle_scope napi_close_handle_scope napi_open_escapable_handle_scope
    napi_close_escapable_handle_scope napi_escape_handle
    napi_create_string_utf8 napi_create_string_latin1 napi_create_string_utf16
    node_api_create_property_key_utf8 node_api_create_property_key_latin1 node_api_create_property_key_utf16
    node_api_create_external_string_latin1 node_api_create_external_string_utf16 napi_get_value_string_utf8
    napi_get_value_string_latin1 napi_get_value_string_utf16 napi_create_symbol node_api_symbol_for
    napi_create_threadsafe_function napi_get_threadsafe_function_context napi_call_threadsafe_function
    napi_acquire_threadsafe_function napi_release_threadsafe_function napi_ref_threadsafe_function
    napi_unref_threadsafe_function
    napi_get_uv_event_loop uv_async_init uv_async_send uv_close uv_is_closing uv_is_active uv_ref uv_unref
    uv_handle_get_data uv_handle_set_data uv_handle_get_loop uv_now uv_timer_init uv_timer_start
    uv_timer_stop uv_timer_get_repeat uv_queue_work uv_cancel uv_strerror uv_err_name uv_version
    uv_version_string uv_check_init uv_check_start uv_check_stop uv_idle_init uv_idle_start uv_idle_stop
    uv_mutex_init_recursive uv_key_get uv_once uv_sem_init uv_sem_wait uv_sem_trywait uv_cond_timedwait
    uv_thread_create uv_thread_self uv_thread_equal uv_sleep uv_hrtime uv_os_getpid uv_mutex_init
    uv_mutex_trylock uv_rwlock_init uv_rwlock_tryrdlock uv_rwlock_trywrlock uv_cond_init uv_key_create
    uv_thread_join uv_thread_detach uv_mutex_destroy uv_mutex_lock uv_mutex_unlock uv_rwlock_destroy
    uv_rwlock_rdlock uv_rwlock_rdunlock uv_rwlock_wrlock uv_rwlock_wrunlock uv_cond_destroy uv_cond_signal
    uv_cond_broadcast uv_cond_wait uv_key_delete uv_key_set uv_sem_destroy uv_sem_post
    napi_get_undefined napi_get_null napi_get_global napi_get_boolean napi_create_double napi_create_int32
    napi_create_uint32 napi_create_int64 napi_typeof napi_get_value_double napi_get_value_int32
    napi_get_value_uint32 napi_get_value_int64 napi_get_value_bool napi_coerce_to_bool napi_coerce_to_number
    napi_coerce_to_object napi_coerce_to_string napi_strict_equals napi_instanceof napi_create_date
    napi_is_date napi_get_date_value napi_create_bigint_int64 napi_create_bigint_uint64
    napi_create_bigint_words napi_get_value_bigint_int64 napi_get_value_bigint_uint64
    napi_get_value_bigint_words napi_run_script
    napi_wrap napi_unwrap napi_remove_wrap napi_create_external napi_get_value_external napi_type_tag_object
    napi_check_object_type_tag
}

/// The exported functions. To be named by the program, so that the linker takes them in.
pub fn symbols() -> &'static [Address] {
    TABLE
}
