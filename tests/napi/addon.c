// A native addon that uses each part of Node-API once. It declares what it needs itself, so that no header is needed.

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct env *napi_env;
typedef struct value *napi_value;
typedef struct ref *napi_ref;
typedef struct info *napi_callback_info;
typedef struct scope *napi_handle_scope;
typedef struct deferred *napi_deferred;
typedef struct work *napi_async_work;
typedef struct tsfn *napi_threadsafe_function;
typedef int napi_status;
typedef napi_value (*napi_callback)(napi_env, napi_callback_info);
typedef void (*napi_finalize)(napi_env, void *, void *);
typedef struct {
  const char *utf8name;
  napi_value name;
  napi_callback method, getter, setter;
  napi_value value;
  int attributes;
  void *data;
} napi_property_descriptor;

extern napi_status napi_create_function(napi_env, const char *, size_t, napi_callback, void *, napi_value *);
extern napi_status napi_set_named_property(napi_env, napi_value, const char *, napi_value);
extern napi_status napi_get_cb_info(napi_env, napi_callback_info, size_t *, napi_value *, napi_value *, void **);
extern napi_status napi_create_double(napi_env, double, napi_value *);
extern napi_status napi_get_value_double(napi_env, napi_value, double *);
extern napi_status napi_throw_error(napi_env, const char *, const char *);
extern napi_status napi_create_object(napi_env, napi_value *);
extern napi_status napi_create_array(napi_env, napi_value *);
extern napi_status napi_set_element(napi_env, napi_value, uint32_t, napi_value);
extern napi_status napi_create_string_utf8(napi_env, const char *, size_t, napi_value *);
extern napi_status napi_open_handle_scope(napi_env, napi_handle_scope *);
extern napi_status napi_close_handle_scope(napi_env, napi_handle_scope);
extern napi_status napi_define_class(napi_env, const char *, size_t, napi_callback, void *, size_t,
                                     const napi_property_descriptor *, napi_value *);
extern napi_status napi_wrap(napi_env, napi_value, void *, napi_finalize, void *, napi_ref *);
extern napi_status napi_unwrap(napi_env, napi_value, void **);
extern napi_status napi_create_reference(napi_env, napi_value, uint32_t, napi_ref *);
extern napi_status napi_get_reference_value(napi_env, napi_ref, napi_value *);
extern napi_status napi_delete_reference(napi_env, napi_ref);
extern napi_status napi_call_function(napi_env, napi_value, napi_value, size_t, const napi_value *, napi_value *);
extern napi_status napi_get_undefined(napi_env, napi_value *);
extern napi_status napi_is_exception_pending(napi_env, bool *);
extern napi_status napi_get_and_clear_last_exception(napi_env, napi_value *);
extern napi_status napi_create_promise(napi_env, napi_deferred *, napi_value *);
extern napi_status napi_resolve_deferred(napi_env, napi_deferred, napi_value);
extern napi_status napi_create_async_work(napi_env, napi_value, napi_value, void (*)(napi_env, void *),
                                          void (*)(napi_env, napi_status, void *), void *, napi_async_work *);
extern napi_status napi_queue_async_work(napi_env, napi_async_work);
extern napi_status napi_delete_async_work(napi_env, napi_async_work);
extern napi_status napi_create_threadsafe_function(napi_env, napi_value, napi_value, napi_value, size_t, size_t, void *,
                                                   napi_finalize, void *,
                                                   void (*)(napi_env, napi_value, void *, void *),
                                                   napi_threadsafe_function *);
extern napi_status napi_call_threadsafe_function(napi_threadsafe_function, void *, int);
extern napi_status napi_release_threadsafe_function(napi_threadsafe_function, int);
extern napi_status napi_create_external_buffer(napi_env, size_t, void *, napi_finalize, void *, napi_value *);
extern napi_status napi_add_env_cleanup_hook(napi_env, void (*)(void *), void *);
extern napi_status napi_set_instance_data(napi_env, void *, napi_finalize, void *);
extern napi_status napi_get_instance_data(napi_env, void **);

#define AUTO ((size_t)-1)
#define CHECK(call)                                                  \
  do {                                                               \
    if ((call) != 0) {                                               \
      napi_throw_error(env, "E_CALL", #call);                        \
      return NULL;                                                   \
    }                                                                \
  } while (0)

static int finalized;

static napi_value Add(napi_env env, napi_callback_info info) {
  size_t argc = 2;
  napi_value argv[2], result;
  double a, b;
  CHECK(napi_get_cb_info(env, info, &argc, argv, NULL, NULL));
  if (napi_get_value_double(env, argv[0], &a) || napi_get_value_double(env, argv[1], &b)) {
    napi_throw_error(env, "E_NUMBER", "two numbers, please");
    return NULL;
  }
  CHECK(napi_create_double(env, a + b, &result));
  return result;
}

// Many values in scopes of their own, with one array that lives through all collections.
static napi_value Build(napi_env env, napi_callback_info info) {
  napi_value list;
  CHECK(napi_create_array(env, &list));
  for (uint32_t i = 0; i < 2000; i++) {
    napi_handle_scope scope;
    napi_value o, text;
    char name[32];
    CHECK(napi_open_handle_scope(env, &scope));
    snprintf(name, sizeof name, "value %u", i);
    CHECK(napi_create_object(env, &o));
    CHECK(napi_create_string_utf8(env, name, AUTO, &text));
    CHECK(napi_set_named_property(env, o, "text", text));
    CHECK(napi_set_element(env, list, i, o));
    CHECK(napi_close_handle_scope(env, scope));
  }
  return list;
}

static void FreeCounter(napi_env env, void *data, void *hint) {
  finalized++;
  free(data);
}
static napi_value NewCounter(napi_env env, napi_callback_info info) {
  napi_value this;
  CHECK(napi_get_cb_info(env, info, NULL, NULL, &this, NULL));
  CHECK(napi_wrap(env, this, calloc(1, sizeof(double)), FreeCounter, NULL, NULL));
  return this;
}
static napi_value Increment(napi_env env, napi_callback_info info) {
  napi_value this, result;
  double *n;
  CHECK(napi_get_cb_info(env, info, NULL, NULL, &this, NULL));
  CHECK(napi_unwrap(env, this, (void **)&n));
  CHECK(napi_create_double(env, ++*n, &result));
  return result;
}
static napi_value Finalized(napi_env env, napi_callback_info info) {
  napi_value result;
  CHECK(napi_create_double(env, finalized, &result));
  return result;
}

static napi_ref kept;
static napi_value Keep(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value v, old = NULL;
  CHECK(napi_get_cb_info(env, info, &argc, &v, NULL, NULL));
  if (kept) {
    CHECK(napi_get_reference_value(env, kept, &old));
    CHECK(napi_delete_reference(env, kept));
  }
  CHECK(napi_create_reference(env, v, 1, &kept));
  return old;
}

// Calls a function and gives back what it throws.
static napi_value Catch(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value f, undefined, result = NULL;
  bool pending;
  CHECK(napi_get_cb_info(env, info, &argc, &f, NULL, NULL));
  CHECK(napi_get_undefined(env, &undefined));
  napi_status status = napi_call_function(env, undefined, f, 0, NULL, NULL);
  CHECK(napi_is_exception_pending(env, &pending));
  if (status != 10 || !pending) return NULL;
  CHECK(napi_get_and_clear_last_exception(env, &result));
  return result;
}

typedef struct {
  napi_async_work work;
  napi_deferred deferred;
  double n;
} job;
static void Execute(napi_env env, void *data) { ((job *)data)->n *= 2; }
static void Complete(napi_env env, napi_status status, void *data) {
  job *j = data;
  napi_value result;
  napi_create_double(env, j->n, &result);
  napi_resolve_deferred(env, j->deferred, result);
  napi_delete_async_work(env, j->work);
  free(j);
}
static napi_value Twice(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value v, name, promise;
  job *j = calloc(1, sizeof *j);
  CHECK(napi_get_cb_info(env, info, &argc, &v, NULL, NULL));
  CHECK(napi_get_value_double(env, v, &j->n));
  CHECK(napi_create_promise(env, &j->deferred, &promise));
  CHECK(napi_create_string_utf8(env, "twice", AUTO, &name));
  CHECK(napi_create_async_work(env, NULL, name, Execute, Complete, j, &j->work));
  CHECK(napi_queue_async_work(env, j->work));
  return promise;
}

static void CallJs(napi_env env, napi_value f, void *context, void *data) {
  napi_value undefined, n;
  if (!env) return;
  napi_get_undefined(env, &undefined);
  napi_create_double(env, (double)(intptr_t)data, &n);
  napi_call_function(env, undefined, f, 1, &n, NULL);
}
static void *Thread(void *data) {
  for (intptr_t i = 1; i <= 100; i++) napi_call_threadsafe_function(data, (void *)i, 1);
  napi_release_threadsafe_function(data, 0);
  return NULL;
}
static napi_value FromThread(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value f, name;
  napi_threadsafe_function function;
  pthread_t thread;
  CHECK(napi_get_cb_info(env, info, &argc, &f, NULL, NULL));
  CHECK(napi_create_string_utf8(env, "thread", AUTO, &name));
  CHECK(napi_create_threadsafe_function(env, f, NULL, name, 3, 1, NULL, NULL, NULL, CallJs, &function));
  pthread_create(&thread, NULL, Thread, function);
  pthread_detach(thread);
  return NULL;
}

static void FreeBytes(napi_env env, void *data, void *hint) {
  finalized++;
  free(data);
}
static napi_value Bytes(napi_env env, napi_callback_info info) {
  napi_value result;
  char *data = strdup("bytes of C");
  CHECK(napi_create_external_buffer(env, strlen(data), data, FreeBytes, NULL, &result));
  return result;
}

static void Hook(void *text) { printf("hook %s\n", (char *)text); }
static void FreeInstance(napi_env env, void *data, void *hint) {
  printf("instance %s\n", (char *)data);
  fflush(stdout);
}
static napi_value Instance(napi_env env, napi_callback_info info) {
  napi_value result;
  void *data;
  CHECK(napi_get_instance_data(env, &data));
  CHECK(napi_create_string_utf8(env, data, AUTO, &result));
  return result;
}

int32_t node_api_module_get_api_version_v1(void) { return 10; }

napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  static const struct {
    const char *name;
    napi_callback f;
  } functions[] = {{"add", Add},     {"build", Build}, {"finalized", Finalized},   {"keep", Keep},
                   {"catch", Catch}, {"twice", Twice}, {"fromThread", FromThread}, {"bytes", Bytes},
                   {"instance", Instance}};
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    napi_value f;
    CHECK(napi_create_function(env, functions[i].name, AUTO, functions[i].f, NULL, &f));
    CHECK(napi_set_named_property(env, exports, functions[i].name, f));
  }
  napi_property_descriptor method = {"increment", NULL, Increment, NULL, NULL, NULL, 5, NULL};
  napi_value class;
  CHECK(napi_define_class(env, "Counter", AUTO, NewCounter, NULL, 1, &method, &class));
  CHECK(napi_set_named_property(env, exports, "Counter", class));
  CHECK(napi_add_env_cleanup_hook(env, Hook, "first"));
  CHECK(napi_add_env_cleanup_hook(env, Hook, "second"));
  CHECK(napi_set_instance_data(env, "data", FreeInstance, NULL));
  return exports;
}
