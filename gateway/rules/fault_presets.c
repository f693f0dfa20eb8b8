/* fault_presets.c -- the presets that every program has. Those that speak of services are files of rules/. */
#include "rules/fault_internal.h"

const struct fault_builtin fault_builtins[] = {
    { "connection-reset", "{\"reset\": true}" },
    { "empty-response", "{\"empty\": true}" },
    { "malformed-chunk", "{\"malform\": \"chunk\"}" },
    { "garbage", "{\"malform\": \"garbage\"}" },
    { "timeout", "{\"hang\": true}" },
    { "cut-body", "{\"truncate\": 100}" },
    { "slow", "{\"delay\": {\"lognormal\": {\"median\": \"800ms\", \"sigma\": 0.5}}}" },
    { "slow-body", "{\"throttle\": \"2KiB\"}" },
    { "jitter", "{\"delay\": {\"uniform\": [\"0\", \"200ms\"]}}" },
    { "unavailable", "{\"status\": 503}" },
    { "rate-limited", "{\"status\": 429}" },
    { "flaky-10", "{\"when\": {\"percent\": 10}, \"status\": 503}" },
    { "flaky-50", "{\"when\": {\"percent\": 50}, \"status\": 503}" },
    { "lost-answer", "{\"when\": {\"side\": \"response\"}, \"reset\": true}" },
    { "double-send", "{\"duplicate\": true}" },
    { "broken-contract", "{\"mutate\": \"any\"}" },
    { "hardly-valid", "{\"mutate\": \"nasty\"}" },
};

const uint32_t fault_builtin_count = sizeof fault_builtins / sizeof fault_builtins[0];
