// A program that embeds the runtime: it gives JavaScript an object of its own and a function, runs a script that uses
// both, lets the event loop turn, and calls a JavaScript function back.
//
//   cargo build -p spey-capi
//   c++ -std=c++17 -I../../include main.cc -L../../target/debug -lspey_capi -Wl,-rpath,../../target/debug -o embedding

#include <cstdio>
#include <string>
#include <vector>

#include "spey.h"

namespace {

// What JavaScript sees as `account`.
struct Account {
  std::string owner;
  double balance = 0;
};

// Ends the program if a call fails: nothing here is expected to.
void check(napi_status status, const char *what) {
  if (status == napi_ok) return;
  std::fprintf(stderr, "%s: status %d\n", what, static_cast<int>(status));
  std::exit(1);
}
#define CHECK(call) check(call, #call)

std::string text_of(napi_env env, napi_value value) {
  size_t length = 0;
  napi_value text;
  CHECK(napi_coerce_to_string(env, value, &text));
  CHECK(napi_get_value_string_utf8(env, text, nullptr, 0, &length));
  std::string result(length + 1, '\0');
  CHECK(napi_get_value_string_utf8(env, text, result.data(), result.size(), &length));
  result.resize(length);
  return result;
}

// report(...values): prints them.
napi_value report(napi_env env, napi_callback_info info) {
  size_t argc = 8;
  std::vector<napi_value> argv(argc);
  CHECK(napi_get_cb_info(env, info, &argc, argv.data(), nullptr, nullptr));
  for (size_t i = 0; i < argc && i < argv.size(); i++) std::printf("%s%s", i ? " " : "", text_of(env, argv[i]).c_str());
  std::printf("\n");
  return nullptr;
}

// account.deposit(amount)
napi_value deposit(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value amount, self;
  Account *account;
  double n;
  CHECK(napi_get_cb_info(env, info, &argc, &amount, &self, nullptr));
  CHECK(napi_unwrap(env, self, reinterpret_cast<void **>(&account)));
  if (napi_get_value_double(env, amount, &n) != napi_ok || n <= 0) {
    napi_throw_range_error(env, "ERR_AMOUNT", "the amount must be a positive number");
    return nullptr;
  }
  account->balance += n;
  return self;
}

// account.balance
napi_value balance(napi_env env, napi_callback_info info) {
  napi_value self, result;
  Account *account;
  CHECK(napi_get_cb_info(env, info, nullptr, nullptr, &self, nullptr));
  CHECK(napi_unwrap(env, self, reinterpret_cast<void **>(&account)));
  CHECK(napi_create_double(env, account->balance, &result));
  return result;
}

void define_globals(napi_env env, Account *account) {
  napi_value global, object, function;
  CHECK(napi_get_global(env, &global));
  CHECK(napi_create_function(env, "report", NAPI_AUTO_LENGTH, report, nullptr, &function));
  CHECK(napi_set_named_property(env, global, "report", function));
  const napi_property_descriptor properties[] = {
      {"deposit", nullptr, deposit, nullptr, nullptr, nullptr, napi_default_method, nullptr},
      {"balance", nullptr, nullptr, balance, nullptr, nullptr, napi_enumerable, nullptr},
  };
  CHECK(napi_create_object(env, &object));
  CHECK(napi_define_properties(env, object, 2, properties));
  CHECK(napi_wrap(
      env, object, account, [](napi_env, void *, void *) { std::printf("account closed\n"); }, nullptr, nullptr));
  CHECK(napi_set_named_property(env, global, "account", object));
}

const char script[] = R"(
  account.deposit(20).deposit(5);
  try { account.deposit(-1) } catch (e) { report(e.code, e.message) }
  setTimeout(() => report('after a timer:', account.balance), 10);
  Promise.resolve(require('path').join('a', '..', 'b')).then(report);
  (factor) => account.balance * factor;
)";

}  // namespace

int main(int argc, char **argv) {
  spey_options options{};
  options.size = sizeof options;
  options.argc = argc;
  options.argv = argv;
  spey_runtime *runtime = spey_runtime_create(&options);
  if (!runtime) return 1;
  napi_env env = spey_runtime_env(runtime);

  Account account{"somebody"};
  napi_handle_scope scope;
  CHECK(napi_open_handle_scope(env, &scope));
  define_globals(env, &account);

  napi_value function, undefined, two, result;
  CHECK(spey_run_script(runtime, script, NAPI_AUTO_LENGTH, "example.js", &function));
  CHECK(napi_get_undefined(env, &undefined));
  CHECK(napi_create_double(env, 2, &two));
  CHECK(napi_call_function(env, undefined, function, 1, &two, &result));
  std::printf("twice the balance: %s\n", text_of(env, result).c_str());

  if (spey_run_script(runtime, "throw new TypeError('on purpose')", NAPI_AUTO_LENGTH, "bad.js", nullptr) ==
      napi_pending_exception) {
    CHECK(napi_get_and_clear_last_exception(env, &result));
    std::printf("thrown: %s\n", text_of(env, result).c_str());
  }
  CHECK(napi_close_handle_scope(env, scope));

  // A program with a loop of its own calls spey_pump() from it; this one has nothing else to do.
  spey_pump(runtime);
  int code = spey_run_loop(runtime);
  spey_runtime_destroy(runtime);
  std::printf("exit code %d\n", code);
  return code;
}
