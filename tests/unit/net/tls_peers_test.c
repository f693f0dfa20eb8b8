/* Who is at the other end of TLS: certificates, names, sessions; and contexts out of files that are not what they
 * should be. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>

#include "tls_wire.h"

/* ---- who is who ---- */

static void
use_client(const char *ca, const char *name, bool unverified)
{
    tls_context_drop(mine);
    mine = new_client(ca, name, unverified);
    tls_sessions_forget(&sessions);
    open_both();
    carry(LIMIT_MIB);
}

static void
a_peer_is_verified_by_its_authority_and_its_name(void **state)
{
    (void)state;
    use_client("ca.pem", "127.0.0.1", false);
    assert_int_equal(client.connected, 1);
    close_both();
    use_client("ca.pem", "127.0.0.2", false);
    assert_int_equal(client.error, EPROTO);
    assert_non_null(strstr(client.trouble, "IP address mismatch"));
    close_both();
    use_client("ca.pem", "other.test", false);
    assert_non_null(strstr(client.trouble, "ostname mismatch"));
    assert_int_equal(client.connected, 0);
    close_both();
    use_client("me.pem", "good.test", false);
    assert_non_null(strstr(client.trouble, "issuer certificate"));
    close_both();
    use_client("me.pem", "other.test", true);
    assert_int_equal(client.connected, 1);
    close_both();
}

static void
a_client_without_a_certificate_is_sent_away_where_one_is_required(void **state)
{
    struct tls_client_options o = { .ca = file("ca.pem"),
                                    .name = TEXT("good.test"),
                                    .cert = file("me.pem"),
                                    .key = file("me.key"),
                                    .where = "g.yaml:2:2" };

    (void)state;
    tls_context_drop(theirs);
    theirs = new_server(TLS_CLIENTS_REQUIRED);
    use_client("ca.pem", "good.test", false);
    assert_int_equal(server.connected, 0);
    assert_non_null(strstr(server.trouble, "did not return a certificate"));
    assert_int_equal(client.broken, 1); /* though for it the handshake was over (RFC 8446 4.4.2.4) */
    assert_non_null(strstr(client.trouble, "certificate required"));
    close_both();
    tls_context_drop(mine);
    mine = tls_client_new(&o, NULL, NULL, NULL);
    assert_non_null(mine);
    open_both();
    say(&client, "it is me");
    carry(LIMIT_MIB);
    check_text(buffer_text(&server.bytes), "it is me");
    close_both();
}

static void
the_next_connection_resumes_the_session(void **state)
{
    size_t first;

    (void)state;
    open_both();
    carry(LIMIT_MIB);
    first = to_client;
    assert_non_null(sessions.last);
    close_both();
    open_both();
    carry(LIMIT_MIB);
    assert_int_equal(client.connected, 1);
    assert_true(to_client < first - 200); /* no certificate */
    close_both();
}

static void
a_context_lives_as_long_as_its_connections(void **state)
{
    (void)state;
    open_both();
    tls_context_drop(theirs);
    theirs = NULL;
    say(&client, "still here");
    carry(LIMIT_MIB);
    check_text(buffer_text(&server.bytes), "still here");
    close_both();
}

/* ---- files that are not what they should be ---- */

static void
count_warning(void *arg, const char *where, const char *what)
{
    assert_string_equal(where, "g.yaml:7:3");
    assert_non_null(strstr(what, "expired"));
    ++*(int *)arg;
}

static void
a_mistake_in_a_file_is_told_with_the_setting_and_the_file(void **state)
{
    static const struct {
        const char *cert, *key, *says;
    } cases[] = {
        { "missing.pem", "good.key", "cannot read the certificate '" },
        { "good.pem", "missing.key", "cannot read the key '" },
        { "nonsense.pem", "good.key", "nonsense.pem' is no certificate in PEM" },
        { "good.pem", "nonsense.pem", "nonsense.pem' is no private key in PEM" },
        { "good.pem", "me.key", "me.key' does not belong to the certificate" },
        { "good.pem", "locked.key", "locked.key' wants a passphrase" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tls_pair pair = { file(cases[i].cert), file(cases[i].key), "g.yaml:7:3" };
        struct tls_server_options o = { .pairs = &pair, .count = 1, .where = "g.yaml:6:1" };
        struct error err = { .kind = ERROR_NONE };

        assert_null(tls_server_new(&o, NULL, NULL, &err));
        assert_string_equal(err.where, "g.yaml:7:3");
        check_that(strstr(err.what, cases[i].says) != NULL, "expected '%s' in '%s'", cases[i].says, err.what);
    }
}

static void
an_authority_must_be_one(void **state)
{
    struct tls_client_options o = { .ca = file("nonsense.pem"), .name = TEXT("good.test"), .where = "g.yaml:2:2" };
    struct error err = { .kind = ERROR_NONE };

    (void)state;
    assert_null(tls_client_new(&o, NULL, NULL, &err));
    assert_string_equal(err.where, "g.yaml:2:2");
    assert_non_null(strstr(err.what, "has no certificate in PEM"));
}

static void
an_expired_certificate_is_used_with_a_warning(void **state)
{
    char command[1024];
    int warnings = 0;
    struct tls_pair pair = { file("good.pem"), file("good.key"), "g.yaml:7:3" };
    struct tls_server_options o = { .pairs = &pair, .count = 1, .where = "g.yaml:6:1" };
    struct tls_context *c;

    (void)state;
    (void)snprintf(
        command, sizeof command,
        "cd %s && touch index && printf "
        "'[ca]\\ndefault_ca=x\\n[x]\\ndatabase=index\\nserial=serial\\nnew_certs_dir=.\\n"
        "default_md=sha256\\npolicy=p\\n[p]\\ncommonName=supplied\\n' > ca.conf && openssl ca -batch -config ca.conf "
        "-create_serial -notext -in good.csr -cert ca.pem -keyfile ca.key -startdate 20200101000000Z -enddate "
        "20200102000000Z -out old.pem >log 2>&1",
        folder);
    assert_int_equal(system(command), 0);
    pair.cert = file("old.pem");
    c = tls_server_new(&o, count_warning, &warnings, NULL);
    assert_non_null(c);
    assert_int_equal(warnings, 1);
    tls_context_drop(c);
}

int
main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)
    const struct CMUnitTest tests[] = {
        T(a_peer_is_verified_by_its_authority_and_its_name),
        T(a_client_without_a_certificate_is_sent_away_where_one_is_required),
        T(the_next_connection_resumes_the_session),
        T(a_context_lives_as_long_as_its_connections),
        T(a_mistake_in_a_file_is_told_with_the_setting_and_the_file),
        T(an_authority_must_be_one),
        T(an_expired_certificate_is_used_with_a_warning),
    };

    return cmocka_run_group_tests(tests, make_files, remove_files);
}
