/* reader.h -- walks through the blocks of a document and keeps in mind what the next one would be about. Private to
 * extract/. */
#ifndef EXTRACT_READER_H
#define EXTRACT_READER_H

#include "extract/field.h"
#include "extract/label.h"
#include "extract/message.h"
#include "extract/model.h"
#include "extract/scan.h"

struct reader {
    struct extract *x;
    struct arena *arena; /* that of x */
    struct text file;
    struct blocks blocks;
    const struct block *block; /* the one that is read */

    /* the section */
    struct text title;           /* of the last heading, or the last name in bold that began an item */
    struct text prose;           /* the first line of prose since */
    struct text path;            /* that was said without a method */
    struct text section_path;    /* of the heading above, without a method: those below have it */
    const struct block *waiting; /* an example that came before any endpoint of the section, */
    struct label waiting_label;  /* and what was said of it */

    /* the endpoint that is told about */
    struct operation *operation; /* NULL: none */
    struct shape *told;          /* the field that was told last */
    struct label label;          /* what the next blocks are about */
    unsigned status;             /* of the response that they are about, or 0 */
    uint32_t definition;         /* the how-manieth that is about the endpoint */
    uint32_t scope;              /* level of the heading that it is below */
    uint32_t told_indent;        /* of the line of told */

    uint32_t level;                       /* of the last heading */
    enum extract_method method;           /* that was said without a path; METHOD_COUNT: none */
    uint32_t path_line;                   /* of path */
    uint32_t section_line, section_level; /* of section_path */
    bool section_used;
    bool weak; /* what is read is a command: it says little about how the endpoint is called */
};

/* Where the block that is read says something; `lines` below its first one. */
struct source reader_source(const struct reader *r, uint32_t lines, enum sure sure);

/* A note on what could not be read there. */
void reader_unread(struct reader *r, uint32_t line, const char *what, struct text about);

/* reader_line.c: headings, items and lines of prose. reader_endpoint.c: endpoints. reader_code.c: code. reader_field.c:
 * tables and lists of fields. reader_auth.c: credentials and servers. */
void reader_heading(struct reader *r);
void reader_line(struct reader *r);

/* The status that a label names, to the endpoint, or to all of them. */
void reader_status(struct reader *r, const struct label *label);

/* An endpoint of the line; `about`: the lines that follow are about it. */
void reader_endpoint(struct reader *r, unsigned methods, struct text path, bool about, struct source source);

/* Method and path have come together from two lines. */
void reader_pair(struct reader *r, bool about);

/* The query of a path: its parameters. */
void reader_query(struct reader *r, struct operation *o, struct text query, const struct source *source);

/* A value of a parameter: its example, and its type when none was told. */
void reader_value(struct reader *r, struct parameter *p, struct text value);

/* "Method: POST", "URL: /orders": the halves of an endpoint. The line's number is that of the document. */
bool reader_half(struct reader *r, struct text line, const struct label *label, uint32_t number);

void reader_code(struct reader *r, const struct block *block);

/* The example that waited for an endpoint is kept by itself. */
void reader_flush_waiting(struct reader *r);

/* The first example of a text, which begins `lines` below the line of the block: to the body that it is of. */
void reader_example(struct reader *r, const struct block *block, struct text text, struct body **body, enum sure sure);

void reader_table(struct reader *r);
bool reader_field_line(struct reader *r, struct text line);
void reader_field(struct reader *r, const struct field *field, struct source source);

/* Header fields of a message, or a line that looks like one. false: it is no field of credentials. */
bool reader_credentials(struct reader *r, struct text name, struct text value, struct source source);
void reader_header(struct reader *r, struct text name, struct text value, struct source source);

/* What prose says about credentials and the base of URLs. */
void reader_prose(struct reader *r, struct text line);

#endif
