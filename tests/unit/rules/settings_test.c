#include "mistakes.h"

#include "base/limits.h"
#include "rules/settings.h"

#define FOLDER "tests/cases/rules/settings"

static int
load_settings(const char *path, struct error *err)
{
    struct settings *s = settings_load(path, NULL, err);

    settings_free(s);
    return s != NULL ? 0 : -1;
}

static void
each_mistake_is_told_with_its_place(void **state)
{
    (void)state;
    (void)setenv("PLUMBLINE_TEST_TOKEN", "t0ken", 1);
    check_folder(FOLDER, 25, load_settings);
}

static struct settings *
load(const char *name, const struct settings_overrides *overrides)
{
    struct error err = { .kind = ERROR_NONE };
    char path[256];
    struct settings *s;

    (void)snprintf(path, sizeof path, FOLDER "/%s", name);
    s = settings_load(path, overrides, &err);
    check_that(s != NULL, "%s: %s", err.where, err.what);
    return s;
}

static void
every_key_arrives(void **state)
{
    struct settings *s = load("everything.yaml", NULL);
    const struct service_settings *o = &s->services[0];

    (void)state;
    assert_int_equal(s->listen_count, 2);
    check_text(s->listen[1].address, "unix:/run/x.sock");
    check_text(s->admin, "127.0.0.1:9901");
    check_text(s->admin_token, "t0ken");
    assert_int_equal(s->workers, 3);
    assert_int_equal(s->seed, 42);
    assert_int_equal(s->trusted_proxy_count, 2);
    assert_int_equal(s->trusted_proxies[0].bits, 96 + 8);
    assert_true(s->trusted_unix);
    assert_int_equal(s->header_timeout, 1000000000);
    assert_int_equal(s->body_timeout, 2000000000);
    assert_int_equal(s->keep_alive_timeout, 3000000000);
    assert_int_equal(s->drain_timeout, 4000000000);
    assert_int_equal(s->drain_delay, 5000000000);
    assert_int_equal(s->drain_idle, 6000000000);
    assert_int_equal(s->resolve, 7000000000);
    assert_false(s->reload_watch);
    assert_int_equal(s->max_connections, 5);
    assert_int_equal(s->max_header, 8192);
    assert_int_equal(s->max_fields, 7);
    assert_int_equal(s->max_line, 4096);
    assert_int_equal(s->max_trailer, 1024);
    assert_int_equal(s->min_rate, 1000);
    assert_int_equal(s->max_connections_per_client, 2);
    assert_true(s->overload_refuse);
    check_text(s->record.to, "tests/cases/rules/logs/x");
    assert_int_equal(s->record.segment, 1048576);
    assert_int_equal(s->record.sync, 0);
    assert_true(s->record.on_error_refuse);
    assert_int_equal(s->record.full, RECORD_DROP);
    assert_int_equal(s->record.max_body, 100000);
    assert_int_equal(s->record.keep, UINT64_C(10) << 30);
    assert_int_equal(s->record.keep_for, INT64_C(30) * 86400 * 1000000000);
    assert_true(s->record.compress);
    assert_int_equal(s->access, ACCESS_JSON);
    assert_non_null(s->redaction);
    assert_int_equal(s->service_count, 3);
    check_text(o->name, "orders");
    check_text(o->contract, FOLDER "/orders.yaml");
    assert_int_equal(o->path_count, 2);
    check_text(o->paths[1], "/v2");
    assert_int_equal(o->host_count, 1);
    assert_true(o->strip);
    assert_int_equal(o->max_in_flight, 9);
    assert_int_equal(o->upstream.kind, UPSTREAM_TCP);
    check_text(o->upstream.host, "::1");
    assert_int_equal(o->upstream.port, 9000);
    check_text(o->upstream.base, "/base");
    assert_true(o->host_upstream);
    assert_int_equal(o->forwarded, FORWARDED_APPEND);
    check_text(o->set_headers[0].name, "X-Env");
    check_text(o->set_headers[0].value, "a-${b}-t0ken");
    settings_free(s);
}

static void
policies_are_laid_one_over_the_other(void **state)
{
    struct settings *s = load("everything.yaml", NULL);
    const struct policy *p = &s->services[0].policy, *own = &s->services[0].operations[0].policy;

    (void)state;
    assert_int_equal(p->request, MODE_ENFORCE);
    assert_int_equal(p->response, MODE_ENFORCE); /* from `defaults` */
    assert_int_equal(p->undocumented, MODE_OFF);
    assert_false(p->check.undocumented);
    assert_true(p->unchecked_pass);
    assert_true(p->paths_lenient);
    assert_true(p->options_refuse);
    assert_false(p->check.unknown_query);
    assert_true(p->check.duplicate_keys_pass);
    assert_int_equal(p->check.ignore, 1u << VIOLATION_BODY_EXTRA | 1u << VIOLATION_PARAMETER_UNKNOWN);
    assert_false(p->record);
    assert_int_equal(p->max_body, 65536);
    assert_int_equal(p->check.max_body, 65536);
    assert_int_equal(p->connect_timeout, 200000000);
    assert_int_equal(p->idle_timeout, 60000000000);
    assert_int_equal(p->total_timeout, 3600000000000);
    assert_int_equal(p->retries, 2);
    check_text(s->services[0].operations[0].name, "getOrder");
    assert_int_equal(own->request, MODE_ENFORCE);
    assert_int_equal(own->response, MODE_OFF);
    assert_int_equal(own->check.ignore, 1u << VIOLATION_BODY_SCHEMA);
    assert_int_equal(own->max_body, 65536);
    /* the others say nothing of their own: `defaults`, over what is built in */
    assert_int_equal(s->services[1].policy.response, MODE_ENFORCE);
    assert_int_equal(s->services[1].policy.request, MODE_OBSERVE);
    assert_int_equal(s->services[1].policy.max_body, 2097152);
    settings_free(s);
}

static void
a_rate_belongs_to_who_names_it(void **state)
{
    struct settings *s = load("everything.yaml", NULL);
    const struct rate_settings *rate = s->services[0].policy.rate, *own = s->services[0].operations[0].policy.rate;

    (void)state;
    assert_int_equal(rate->requests, 50);
    assert_int_equal(rate->burst, 50);
    assert_int_equal(rate->interval, 20000000);
    assert_int_equal(rate->by, RATE_BY_HEADER);
    check_text(rate->header, "Authorization");
    check_text(rate->name, "orders");
    assert_int_equal(own->burst, 7);
    assert_int_equal(own->interval, 30000000000);
    assert_int_equal(own->by, RATE_BY_CLIENT);
    check_text(own->name, "orders getOrder");
    assert_null(s->services[0].operations[1].policy.rate);
    assert_true(s->services[0].policy.refuse_contract);
    assert_false(s->services[0].operations[1].policy.refuse_contract);
    assert_ptr_equal(s->services[0].operations[2].policy.rate, rate);
    assert_null(s->services[1].policy.rate);
    settings_free(s);
}

static void
paths_are_relative_to_the_file_that_names_them(void **state)
{
    struct settings *s = load("everything.yaml", NULL);

    (void)state;
    check_text(s->services[1].name, "erp");
    check_text(s->services[1].contract, "/abs/erp.yaml");
    check_text(s->services[1].upstream.sandbox, "tests/cases/rules/b.yaml");
    check_text(s->services[2].name, "shop"); /* included */
    check_text(s->services[2].contract, FOLDER "/contracts/shop.yaml");
    settings_free(s);
}

static void
tls_and_proxies_arrive(void **state)
{
    struct settings *s;
    const struct listen_tls *tls;
    const struct service_settings *shop, *erp;

    (void)state;
    (void)setenv("PLUMBLINE_TEST_PEM", "-----BEGIN PRIVATE KEY-----", 1);
    s = load("parts/tls.yaml", NULL);
    shop = &s->services[0];
    erp = &s->services[1];
    assert_int_equal(s->listen_count, 2);
    tls = s->listen[0].tls;
    assert_non_null(tls);
    assert_null(s->listen[1].tls);
    assert_int_equal(tls->certificate_count, 2);
    check_text(tls->certificates[0].cert, FOLDER "/parts/a.pem");
    check_text(tls->certificates[0].key, "/abs/a.key");
    check_text(tls->certificates[1].key, "-----BEGIN PRIVATE KEY-----"); /* the key itself, not a path */
    check_text(tls->client_ca, FOLDER "/parts/ca.pem");
    assert_int_equal(tls->client_auth, CLIENT_AUTH_REQUIRE);
    assert_true(tls->only_1_3);
    assert_true(shop->upstream.tls);
    assert_int_equal(shop->upstream.port, 443);
    check_text(shop->upstream.base, "/base");
    assert_true(shop->host_upstream); /* for https, unless said */
    check_text(shop->tls.server_name, "inside");
    check_text(shop->tls.own.key, FOLDER "/parts/c.key");
    assert_true(shop->tls.unverified);
    assert_int_equal(shop->proxy.host.length, 0);
    assert_int_equal(erp->upstream.port, 9443);
    assert_false(erp->host_upstream);
    assert_false(erp->tls.unverified);
    check_text(erp->proxy.host, "proxy");
    check_text(erp->proxy.authorization, "Basic bWU6cGFzcw==");
    assert_int_equal(s->services[2].proxy.host.length, 0); /* a unix socket is behind no proxy */
    settings_free(s);
}

static void
the_command_line_beats_the_environment_beats_the_file(void **state)
{
    const struct settings_overrides flags = {
        .listen = "127.0.0.1:1", .admin = "off", .workers = "9", .record = "rec"
    };
    struct settings *s;
    struct error err = { .kind = ERROR_NONE };

    (void)state;
    (void)setenv("PLUMBLINE_LISTEN", "127.0.0.1:2", 1);
    (void)setenv("PLUMBLINE_ADMIN", "127.0.0.1:3", 1);
    (void)setenv("PLUMBLINE_WORKERS", "auto", 1);
    (void)setenv("PLUMBLINE_RECORD", "off", 1);
    s = load("everything.yaml", NULL);
    assert_int_equal(s->listen_count, 1);
    check_text(s->listen[0].address, "127.0.0.1:2");
    check_text(s->admin, "127.0.0.1:3");
    assert_int_equal(s->workers, 0);
    assert_int_equal(s->record.to.length, 0);
    settings_free(s);
    s = load("everything.yaml", &flags);
    check_text(s->listen[0].address, "127.0.0.1:1");
    assert_int_equal(s->admin.length, 0);
    assert_int_equal(s->workers, 9);
    check_text(s->record.to, "rec");
    settings_free(s);
    (void)setenv("PLUMBLINE_WORKERS", "many", 1);
    assert_null(settings_load(FOLDER "/everything.yaml", NULL, &err));
    assert_string_equal(err.where, "PLUMBLINE_WORKERS");
    assert_int_equal(error_exit_code(&err), 2);
    (void)unsetenv("PLUMBLINE_LISTEN");
    (void)unsetenv("PLUMBLINE_ADMIN");
    (void)unsetenv("PLUMBLINE_WORKERS");
    (void)unsetenv("PLUMBLINE_RECORD");
}

static void
without_a_file_each_contract_is_a_service(void **state)
{
    const char *contracts[] = { "a.yaml", "b.yaml" };
    struct error err = { .kind = ERROR_NONE };
    struct settings *s = settings_proxy(contracts, 2, "http://localhost:99", true, NULL, &err);

    (void)state;
    assert_non_null(s);
    assert_true(s->catch_all);
    assert_int_equal(s->service_count, 2);
    check_text(s->services[1].contract, "b.yaml");
    assert_int_equal(s->services[1].upstream.port, 99);
    assert_int_equal(s->services[1].policy.response, MODE_ENFORCE);
    check_text(s->listen[0].address, "127.0.0.1:8080");
    assert_int_equal(s->admin.length, 0);
    settings_free(s);
    assert_null(settings_proxy(contracts, 2, "http://", true, NULL, &err));
    assert_string_equal(err.where, "--to");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_mistake_is_told_with_its_place),
        cmocka_unit_test(every_key_arrives),
        cmocka_unit_test(tls_and_proxies_arrive),
        cmocka_unit_test(policies_are_laid_one_over_the_other),
        cmocka_unit_test(a_rate_belongs_to_who_names_it),
        cmocka_unit_test(paths_are_relative_to_the_file_that_names_them),
        cmocka_unit_test(the_command_line_beats_the_environment_beats_the_file),
        cmocka_unit_test(without_a_file_each_contract_is_a_service),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
