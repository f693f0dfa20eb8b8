/* settings_internal.h -- between the files that read settings; nobody else includes it. */
#ifndef RULES_SETTINGS_INTERNAL_H
#define RULES_SETTINGS_INTERNAL_H

#include "rules/settings.h"

/* One file that is being read. */
struct settings_reader {
    struct settings *settings;
    const struct document *document;
    struct text file;
    struct error *err; /* the first error wins, so that a run of reads is asked once, at the end */
    bool failed;
};

/* Each leaves *result alone when the value is NULL (the key is not there). */
void read_text(struct settings_reader *r, const struct value *v, struct text *result);
void read_path(struct settings_reader *r, const struct value *v, struct text *result);
void read_duration(struct settings_reader *r, const struct value *v, int64_t *nanoseconds);
void read_size(struct settings_reader *r, const struct value *v, uint64_t *bytes);
void read_size_t(struct settings_reader *r, const struct value *v, size_t *bytes);
void read_count(struct settings_reader *r, const struct value *v, uint32_t *count);
void read_flag(const struct value *v, bool *flag);
/* True when v is a string equal to the word. */
bool read_is(const struct value *v, const char *word);
void read_texts(struct settings_reader *r, const struct value *v, struct text **list, uint32_t *count);

/* The error with the value's place. */
void read_fail(struct settings_reader *r, const struct value *v, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What holds when nothing is said. */
extern const struct policy policy_default;

/* The keys of a policy in an object, laid over what *policy has. */
void policy_read(struct settings_reader *r, const struct value *v, struct policy *policy);

/* The rate of a policy belongs to this service, or to this operation of it (empty: to the service). */
void policy_own_rate(struct settings_reader *r, struct policy *policy, struct text service, struct text operation);
/* `listen`; and one address in its stead. 0, or -1: no memory. */
void listen_read(struct settings_reader *r, const struct value *v);
int listen_set(struct settings *s, struct text address);

/* `sandbox`; and what the command line says of it. */
void sandbox_read(struct settings_reader *r, const struct value *v);
int sandbox_override(struct settings *s, const struct settings_overrides *o, struct error *err);

/* `replay` of a service, whose upstream is read already. */
void replay_read(struct settings_reader *r, const struct value *v, struct service_settings *s);

/* --replay: every service is answered from this recording. */
void settings_replay(struct settings *s, const char *path);
/* One more file has rules; and its `seed`. */
void read_rules(struct settings_reader *r, const struct value *v, struct rule_source **list);
void read_seed(struct settings_reader *r, const struct value *v);

/* The faults that the command line names. */
int faults_override(struct settings *s, const struct settings_overrides *o, struct error *err);

/* `tls` of a service. */
void upstream_tls_read(struct settings_reader *r, const struct value *v, struct upstream_tls *tls);

/* The services of a file, added to the settings. */
void services_read(struct settings_reader *r, const struct value *v, const struct policy *defaults);

#endif
