/* source.h -- the files a contract is made of: found below one folder, read once, known by URI.
 *
 * A URI without fragment names a document. Nothing is fetched: an http: reference gives no document and a reason.
 * Paths are compared after realpath, so that a symbolic link cannot lead out of the folder. */
#ifndef CONTRACT_SOURCE_H
#define CONTRACT_SOURCE_H

#include "contract/contract.h"
#include "contract/index.h"
#include "json/document.h"

/* The reason that is given for references that are not followed because of where they lead. */
extern const char source_network[];

struct source {
    struct text uri;  /* absolute: "file:///…/shop.yaml" */
    struct text base; /* what references in it are resolved against: its $self, or its URI */
    struct document document;
    uint32_t order; /* 0: the contract itself */
};

struct source_list {
    struct arena *arena;
    struct text folder; /* real path of the contract's folder; empty: it came from nowhere */
    struct text shown;  /* the same as the user wrote it, for names in messages: "contracts", or empty */
    struct text root;   /* real path below which files may be read */
    struct text root_shown;
    contract_read_fn *read; /* instead of the disk; then paths are below a root that is not there: "/contract" */
    void *read_arg;
    struct index by_uri;
    struct index by_document;
    uint32_t count;
};

/* `path` is the contract's own path (or name, or URL). Of the options: ref_root, and where files come from. 0, or -1
 * with err. */
int source_list_init(struct source_list *list, struct arena *arena, const char *path,
                     const struct contract_options *options, struct error *err);

/* Make the contract's own document, already read, the first of the list. NULL: no memory. */
struct source *source_add_main(struct source_list *list, const char *path, const struct document *document);

/* The other name by which the document is known (3.2 $self), resolved against its URI. */
int source_set_base(struct source_list *list, struct source *source, struct text self);

/* The source that a document belongs to; NULL when it is none of this list. */
const struct source *source_of(const struct source_list *list, const struct document *document);

/* The document that `reference` (without its fragment) names in `from`; read if need be. NULL: *why says why not, as
 * the end of a sentence ("leads nowhere"); in the arena. */
struct source *
source_open(struct source_list *list, const struct source *from, struct text reference, const char **why);

/* The same for an absolute URI. */
struct source *source_open_uri(struct source_list *list, struct text uri, const char **why);

#endif
