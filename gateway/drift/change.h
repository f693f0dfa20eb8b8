/* change.h -- what can be different between two contracts: the table of changes.
 *
 * One list makes the enum, the ids that users see, and the page docs/changes.md. Ids are a promise. A change has a
 * level for requests and one for responses: what a request may contain can grow, what a response may contain can
 * shrink, and the other way round somebody breaks. What counts is who sends: a request that the service sends (a
 * webhook, a callback) counts as a response, and the answer that clients give to it as a request. Any thread. */
#ifndef DRIFT_CHANGE_H
#define DRIFT_CHANGE_H

#include "base/buffer.h"
#include "contract/violation.h"

/* Which messages were lost or won. NARROWS: something that was valid is not any more. */
#define CHANGE_NARROWS 1u
#define CHANGE_WIDENS  2u
#define CHANGE_BOTH    3u
#define CHANGE_OTHER   4u /* neither, but not the same */

#define CHANGE_E       LEVEL_ERROR
#define CHANGE_W       LEVEL_WARN
#define CHANGE_I       LEVEL_INFO

/* C(NAME, id, effect, level in requests, in responses, what, who breaks and why in requests, in responses); no words:
 * there it is not met. */
#define CHANGES(C)                                                                                                     \
    CHANGES_OF_OPERATIONS(C)                                                                                           \
    CHANGES_OF_MESSAGES(C)                                                                                             \
    CHANGES_OF_TYPES(C)                                                                                                \
    CHANGES_OF_LIMITS(C)                                                                                               \
    CHANGES_OF_MEMBERS(C)                                                                                              \
    CHANGES_OF_ALTERNATIVES(C)

#define CHANGES_OF_OPERATIONS(C)                                                                                       \
    C(OPERATION_REMOVED, "operation-removed", CHANGE_NARROWS, CHANGE_E, CHANGE_E, "the operation is gone",             \
      "clients that call it get an error", "clients that wait for it are not called any more")                         \
    C(OPERATION_REMOVED_EARLY, "operation-removed-before-sunset", CHANGE_NARROWS, CHANGE_E, CHANGE_E,                  \
      "the operation is gone before the day that its x-sunset announced",                                              \
      "clients that trusted the date get an error", "clients that trusted the date are not called any more")           \
    C(OPERATION_REMOVED_LATE, "operation-removed-after-deprecation", CHANGE_NARROWS, CHANGE_I, CHANGE_I,               \
      "the operation is gone, as its deprecation announced", "clients were told to leave it",                          \
      "clients were told not to wait for it")                                                                          \
    C(OPERATION_ADDED, "operation-added", CHANGE_WIDENS, CHANGE_I, CHANGE_W, "the operation is new", "nobody breaks",  \
      "clients that listen there already are sent a request that they do not know")                                    \
    C(OPERATION_DEPRECATED, "operation-deprecated", CHANGE_OTHER, CHANGE_I, CHANGE_I,                                  \
      "the operation became deprecated", "clients should leave it", "clients should not wait for it")                  \
    C(OPERATION_REACTIVATED, "operation-reactivated", CHANGE_OTHER, CHANGE_I, CHANGE_I,                                \
      "the operation is not deprecated any more", "nobody breaks", "nobody breaks")                                    \
    C(OPERATION_ID_CHANGED, "operation-id-changed", CHANGE_OTHER, CHANGE_I, CHANGE_I,                                  \
      "the operationId is another one", "code that is generated from the contract gets another name for it",           \
      "code that is generated from the contract gets another name for it")                                             \
    C(SUNSET_EARLIER, "sunset-moved-earlier", CHANGE_OTHER, CHANGE_E, CHANGE_E, "x-sunset is an earlier day",          \
      "clients have less time to leave the operation than they were told",                                             \
      "clients have less time to do without the operation than they were told")                                        \
    C(SUNSET_LATER, "sunset-moved-later", CHANGE_OTHER, CHANGE_I, CHANGE_I, "x-sunset is a later day",                 \
      "nobody breaks", "nobody breaks")                                                                                \
    C(SUNSET_REMOVED, "sunset-removed", CHANGE_OTHER, CHANGE_E, CHANGE_E,                                              \
      "the deprecated operation has no x-sunset any more", "clients do not know how long it stays",                    \
      "clients do not know how long it stays")                                                                         \
    C(SUNSET_UNREADABLE, "sunset-unreadable", CHANGE_OTHER, CHANGE_E, CHANGE_E,                                        \
      "x-sunset is no date, such as 2027-01-31", "nobody can tell how long the operation stays",                       \
      "nobody can tell how long the operation stays")                                                                  \
    C(WEBHOOK_REMOVED, "webhook-removed", CHANGE_NARROWS, CHANGE_I, CHANGE_E, "the webhook is gone", "",               \
      "clients that wait for it are not called any more")                                                              \
    C(WEBHOOK_ADDED, "webhook-added", CHANGE_WIDENS, CHANGE_I, CHANGE_I, "the webhook is new", "", "nobody breaks")    \
    C(CALLBACK_REMOVED, "callback-removed", CHANGE_NARROWS, CHANGE_E, CHANGE_E, "the callback is gone",                \
      "clients that call back get an error", "clients that wait for it are not called any more")                       \
    C(CALLBACK_ADDED, "callback-added", CHANGE_WIDENS, CHANGE_I, CHANGE_I, "the callback is new", "nobody breaks",     \
      "nobody breaks")                                                                                                 \
    C(CALLBACK_ADDED_KNOWN, "callback-added-to-known-address", CHANGE_WIDENS, CHANGE_I, CHANGE_W,                      \
      "the callback is new, and its address is one that clients gave before", "",                                      \
      "clients that listen there already are sent a request that they do not know")                                    \
    C(EXPRESSION_REMOVED, "callback-expression-removed", CHANGE_NARROWS, CHANGE_E, CHANGE_E,                           \
      "one of the addresses of the callback is gone", "clients that call back there get an error",                     \
      "clients that wait there are not called any more")                                                               \
    C(EXPRESSION_ADDED, "callback-expression-added", CHANGE_WIDENS, CHANGE_I, CHANGE_I,                                \
      "the callback has one more address", "nobody breaks", "nobody breaks")                                           \
    C(EXPRESSION_ADDED_KNOWN, "callback-expression-added-to-known-address", CHANGE_WIDENS, CHANGE_I, CHANGE_W,         \
      "the callback has one more address, one that clients gave before", "",                                           \
      "clients that listen there already are sent a request that they do not know")                                    \
    C(EXPRESSION_CHANGED, "callback-expression-changed", CHANGE_BOTH, CHANGE_E, CHANGE_E,                              \
      "the address of the callback is found in another way", "clients that call the old one get an error",             \
      "clients that give it in the old way are not called there")                                                      \
    C(SERVER_REMOVED, "server-removed", CHANGE_NARROWS, CHANGE_E, CHANGE_I, "no server has this base path any more",   \
      "clients that call paths below it get an error", "")                                                             \
    C(SERVER_ADDED, "server-added", CHANGE_WIDENS, CHANGE_I, CHANGE_I, "a server has a new base path",                 \
      "nobody breaks", "")                                                                                             \
    C(SECURITY_REQUIRED, "security-required", CHANGE_NARROWS, CHANGE_E, CHANGE_I,                                      \
      "credentials are needed where none were", "clients that send none are refused", "nobody breaks")                 \
    C(SECURITY_REMOVED, "security-alternative-removed", CHANGE_NARROWS, CHANGE_E, CHANGE_I,                            \
      "these credentials are no alternative any more", "clients that send them are refused", "nobody breaks")          \
    C(SECURITY_ADDED, "security-alternative-added", CHANGE_WIDENS, CHANGE_I, CHANGE_E,                                 \
      "other credentials are an alternative now", "nobody breaks",                                                     \
      "clients that look for the old ones may not get them")                                                           \
    C(SECURITY_CHANGED, "security-scheme-changed", CHANGE_BOTH, CHANGE_E, CHANGE_E,                                    \
      "the scheme of this name asks for other credentials", "clients that send what it asked for are refused",         \
      "clients that look for what it asked for get something else")                                                    \
    C(SCOPE_ADDED, "security-scope-added", CHANGE_NARROWS, CHANGE_E, CHANGE_I, "one more scope is needed",             \
      "clients whose tokens do not have it are refused", "nobody breaks")                                              \
    C(SCOPE_REMOVED, "security-scope-removed", CHANGE_WIDENS, CHANGE_I, CHANGE_E, "a scope is not needed any more",    \
      "nobody breaks", "clients that look for it may get tokens without it")

#define CHANGES_OF_MESSAGES(C)                                                                                         \
    C(PARAMETER_ADDED, "parameter-added", CHANGE_OTHER, CHANGE_I, CHANGE_I, "an optional parameter is new",            \
      "nobody breaks", "nobody breaks")                                                                                \
    C(PARAMETER_ADDED_REQUIRED, "required-parameter-added", CHANGE_NARROWS, CHANGE_E, CHANGE_I,                        \
      "a required parameter is new", "clients do not send it and are refused", "nobody breaks")                        \
    C(PARAMETER_REMOVED, "parameter-removed", CHANGE_NARROWS, CHANGE_W, CHANGE_W, "the parameter is gone",             \
      "what clients send in it has no effect any more, or is refused", "clients that read it do not get it")           \
    C(PARAMETER_REMOVED_REQUIRED, "required-parameter-removed", CHANGE_WIDENS, CHANGE_I, CHANGE_E,                     \
      "a required parameter is gone", "", "clients that rely on it do not get it")                                     \
    C(PARAMETER_REQUIRED, "parameter-became-required", CHANGE_NARROWS, CHANGE_E, CHANGE_I,                             \
      "the parameter became required", "clients that leave it out are refused", "nobody breaks")                       \
    C(PARAMETER_OPTIONAL, "parameter-became-optional", CHANGE_WIDENS, CHANGE_I, CHANGE_E,                              \
      "the parameter became optional", "nobody breaks", "clients that rely on it may not get it")                      \
    C(PARAMETER_STYLE, "parameter-style-changed", CHANGE_BOTH, CHANGE_E, CHANGE_E,                                     \
      "the value is written in another way", "what clients write is read as something else",                           \
      "what clients read is written in another way")                                                                   \
    C(PARAMETER_EMPTY, "parameter-empty-refused", CHANGE_NARROWS, CHANGE_E, CHANGE_I,                                  \
      "the parameter may not be empty any more", "clients that send it without a value are refused", "nobody breaks")  \
    C(PARAMETER_EMPTY_ALLOWED, "parameter-empty-allowed", CHANGE_WIDENS, CHANGE_I, CHANGE_W,                           \
      "the parameter may be empty now", "nobody breaks", "clients that read its value may get none")                   \
    C(PARAMETER_DEPRECATED, "parameter-deprecated", CHANGE_OTHER, CHANGE_I, CHANGE_I,                                  \
      "the parameter became deprecated", "clients should leave it out", "clients should not wait for it")              \
    C(PARAMETER_REACTIVATED, "parameter-reactivated", CHANGE_OTHER, CHANGE_I, CHANGE_I,                                \
      "the parameter is not deprecated any more", "nobody breaks", "nobody breaks")                                    \
    C(BODY_ADDED, "body-added", CHANGE_OTHER, CHANGE_I, CHANGE_I, "there may be a body now", "nobody breaks",          \
      "clients may get a body that is new to them")                                                                    \
    C(BODY_ADDED_REQUIRED, "required-body-added", CHANGE_NARROWS, CHANGE_E, CHANGE_I, "there must be a body now",      \
      "clients send none and are refused", "clients get a body that is new to them")                                   \
    C(BODY_REMOVED, "body-removed", CHANGE_NARROWS, CHANGE_W, CHANGE_W, "there is no body any more",                   \
      "what clients send in it has no effect any more, or is refused", "clients that read it do not get it")           \
    C(BODY_REMOVED_REQUIRED, "required-body-removed", CHANGE_WIDENS, CHANGE_I, CHANGE_E,                               \
      "there is no body any more, where one always was", "", "clients that rely on it do not get it")                  \
    C(BODY_REQUIRED, "body-became-required", CHANGE_NARROWS, CHANGE_E, CHANGE_I, "the body became required",           \
      "clients that send none are refused", "nobody breaks")                                                           \
    C(BODY_OPTIONAL, "body-became-optional", CHANGE_WIDENS, CHANGE_I, CHANGE_E, "the body became optional",            \
      "nobody breaks", "clients that rely on it may not get it")                                                       \
    C(MEDIA_TYPE_REMOVED, "media-type-removed", CHANGE_NARROWS, CHANGE_E, CHANGE_E, "this media type is gone",         \
      "clients that send it are refused", "clients that ask for it or read it get something else")                     \
    C(MEDIA_TYPE_ADDED, "media-type-added", CHANGE_WIDENS, CHANGE_I, CHANGE_I, "a media type is new", "nobody breaks", \
      "clients that do not ask for a type may get one that they cannot read")                                          \
    C(MEDIA_TYPE_UNASKED, "media-type-added-unasked", CHANGE_WIDENS, CHANGE_I, CHANGE_W,                               \
      "a media type is new where nobody can ask for one", "", "clients may be sent one that they cannot read")         \
    C(ENCODING_CHANGED, "encoding-changed", CHANGE_BOTH, CHANGE_E, CHANGE_E,                                           \
      "a part of the form is written in another way", "what clients write is read as something else",                  \
      "what clients read is written in another way")                                                                   \
    C(SUCCESS_REMOVED, "success-status-removed", CHANGE_OTHER, CHANGE_E, CHANGE_E, "this success status is gone",      \
      "clients that answer with it are taken to have failed", "clients that wait for it do not get it")                \
    C(STATUS_REMOVED, "status-removed", CHANGE_OTHER, CHANGE_W, CHANGE_I, "this status is gone",                       \
      "what clients say with it may not be understood any more", "clients that look for it do not meet it any more")   \
    C(SUCCESS_ADDED, "success-status-added", CHANGE_OTHER, CHANGE_I, CHANGE_I, "a success status is new",              \
      "nobody breaks", "clients that wait for one exact status may meet it")                                           \
    C(STATUS_ADDED, "status-added", CHANGE_OTHER, CHANGE_I, CHANGE_I, "a status is new", "nobody breaks",              \
      "clients that list statuses may meet it")                                                                        \
    C(HEADER_ADDED, "header-added", CHANGE_OTHER, CHANGE_I, CHANGE_I, "a header is new", "nobody breaks",              \
      "nobody breaks")                                                                                                 \
    C(HEADER_ADDED_REQUIRED, "required-header-added", CHANGE_NARROWS, CHANGE_E, CHANGE_I,                              \
      "a header is new that must be there", "clients do not send it and are refused", "")                              \
    C(HEADER_REMOVED, "header-removed", CHANGE_OTHER, CHANGE_W, CHANGE_W, "an optional header is gone",                \
      "what clients send in it has no effect any more", "clients that read it do not get it")                          \
    C(HEADER_REMOVED_REQUIRED, "required-header-removed", CHANGE_WIDENS, CHANGE_W, CHANGE_E,                           \
      "a header that was always there is gone", "what clients send in it has no effect any more",                      \
      "clients that rely on it do not get it")                                                                         \
    C(HEADER_REQUIRED, "header-became-required", CHANGE_NARROWS, CHANGE_E, CHANGE_I, "the header is always there now", \
      "clients that leave it out are refused", "nobody breaks")                                                        \
    C(HEADER_OPTIONAL, "header-became-optional", CHANGE_WIDENS, CHANGE_I, CHANGE_E, "the header may be left out now",  \
      "nobody breaks", "clients that rely on it may not get it")

#define CHANGES_OF_TYPES(C)                                                                                            \
    C(TYPE_CHANGED, "type-changed", CHANGE_BOTH, CHANGE_E, CHANGE_E, "the type is another one",                        \
      "clients send the old type and are refused", "clients read a type that they do not expect")                      \
    C(TYPE_NARROWED, "type-narrowed", CHANGE_NARROWS, CHANGE_E, CHANGE_I, "fewer types are allowed",                   \
      "clients that send one of the others are refused", "nobody breaks")                                              \
    C(TYPE_WIDENED, "type-widened", CHANGE_WIDENS, CHANGE_I, CHANGE_E, "more types are allowed", "nobody breaks",      \
      "clients read a type that they do not expect")                                                                   \
    C(NULLABLE, "became-nullable", CHANGE_WIDENS, CHANGE_I, CHANGE_E, "null is allowed now", "nobody breaks",          \
      "clients that do not expect null meet it")                                                                       \
    C(NOT_NULLABLE, "became-not-nullable", CHANGE_NARROWS, CHANGE_E, CHANGE_I, "null is not allowed any more",         \
      "clients that send null are refused", "nobody breaks")                                                           \
    C(ENUM_VALUE_REMOVED, "enum-value-removed", CHANGE_NARROWS, CHANGE_E, CHANGE_I,                                    \
      "this value is not allowed any more", "clients that send it are refused", "nobody breaks")                       \
    C(ENUM_VALUE_ADDED, "enum-value-added", CHANGE_WIDENS, CHANGE_I, CHANGE_W, "this value is allowed now",            \
      "nobody breaks", "clients that know the values by heart meet one that they do not know")                         \
    C(ENUM_ADDED, "enum-introduced", CHANGE_NARROWS, CHANGE_E, CHANGE_I, "only listed values are allowed now",         \
      "clients that send others are refused", "nobody breaks")                                                         \
    C(ENUM_REMOVED, "enum-lifted", CHANGE_WIDENS, CHANGE_I, CHANGE_E, "not only listed values are allowed now",        \
      "nobody breaks", "clients that know the values by heart meet others")                                            \
    C(FORMAT_ADDED, "format-added", CHANGE_NARROWS, CHANGE_E, CHANGE_I, "a format is asked for now",                   \
      "clients that write it otherwise are refused", "nobody breaks")                                                  \
    C(FORMAT_REMOVED, "format-removed", CHANGE_WIDENS, CHANGE_I, CHANGE_E, "no format is promised any more",           \
      "nobody breaks", "clients that read this format may get something else")                                         \
    C(FORMAT_CHANGED, "format-changed", CHANGE_BOTH, CHANGE_E, CHANGE_E, "the format is another one",                  \
      "clients that write the old one are refused", "clients that read the old one get another")                       \
    C(FORMAT_NARROWED, "format-narrowed", CHANGE_NARROWS, CHANGE_E, CHANGE_I, "the format is a narrower one",          \
      "clients whose values are outside of it are refused", "nobody breaks")                                           \
    C(FORMAT_WIDENED, "format-widened", CHANGE_WIDENS, CHANGE_I, CHANGE_E, "the format is a wider one",                \
      "nobody breaks", "clients meet values that the old one did not have room for")                                   \
    C(PATTERN_ADDED, "pattern-added", CHANGE_NARROWS, CHANGE_E, CHANGE_I, "a pattern must match now",                  \
      "clients whose values do not match are refused", "nobody breaks")                                                \
    C(PATTERN_REMOVED, "pattern-removed", CHANGE_WIDENS, CHANGE_I, CHANGE_E, "a pattern need not match any more",      \
      "nobody breaks", "clients that rely on it may get something else")                                               \
    C(PATTERN_CHANGED, "pattern-changed", CHANGE_BOTH, CHANGE_W, CHANGE_W, "the pattern is another one",               \
      "clients whose values match the old one alone are refused", "clients may get what the old one did not match")    \
    C(CONTENT_CHANGED, "content-encoding-changed", CHANGE_BOTH, CHANGE_W, CHANGE_W,                                    \
      "contentEncoding or contentMediaType is another one", "what clients write is read as something else",            \
      "what clients read is written in another way")                                                                   \
    C(DEFAULT_CHANGED, "default-changed", CHANGE_OTHER, CHANGE_W, CHANGE_I, "the default is another one",              \
      "clients that leave the value out get another effect", "clients that fill in the default fill in another value")

#define CHANGES_OF_LIMIT(C, NAME, id, raised, lowered, what)                                                           \
    C(NAME##_NARROWED, id "-" raised, CHANGE_NARROWS, CHANGE_E, CHANGE_I, "the " what " " raised,                      \
      "clients whose values are outside of it are refused", "nobody breaks")                                           \
    C(NAME##_WIDENED, id "-" lowered, CHANGE_WIDENS, CHANGE_I, CHANGE_E, "the " what " " lowered, "nobody breaks",     \
      "clients meet values that were outside of it")

#define CHANGES_OF_LIMITS(C)                                                                                           \
    CHANGES_OF_LIMIT(C, MINIMUM, "minimum", "raised", "lowered", "smallest number was")                                \
    CHANGES_OF_LIMIT(C, MAXIMUM, "maximum", "lowered", "raised", "largest number was")                                 \
    CHANGES_OF_LIMIT(C, MIN_LENGTH, "min-length", "raised", "lowered", "least length was")                             \
    CHANGES_OF_LIMIT(C, MAX_LENGTH, "max-length", "lowered", "raised", "greatest length was")                          \
    CHANGES_OF_LIMIT(C, MIN_ITEMS, "min-items", "raised", "lowered", "least number of items was")                      \
    CHANGES_OF_LIMIT(C, MAX_ITEMS, "max-items", "lowered", "raised", "greatest number of items was")                   \
    CHANGES_OF_LIMIT(C, MIN_PROPERTIES, "min-properties", "raised", "lowered", "least number of members was")          \
    CHANGES_OF_LIMIT(C, MAX_PROPERTIES, "max-properties", "lowered", "raised", "greatest number of members was")       \
    CHANGES_OF_LIMIT(C, MULTIPLE_OF, "multiple-of", "narrowed", "widened", "multipleOf was")                           \
    C(MULTIPLE_OF_CHANGED, "multiple-of-changed", CHANGE_BOTH, CHANGE_E, CHANGE_E, "multipleOf is another number",     \
      "clients that send multiples of the old one alone are refused", "clients meet other multiples")                  \
    C(UNIQUE_ADDED, "unique-items-added", CHANGE_NARROWS, CHANGE_E, CHANGE_I, "items must be different now",           \
      "clients that repeat one are refused", "nobody breaks")                                                          \
    C(UNIQUE_REMOVED, "unique-items-removed", CHANGE_WIDENS, CHANGE_I, CHANGE_E, "items may be equal now",             \
      "nobody breaks", "clients that rely on different ones meet equal ones")                                          \
    C(CONTAINS_NARROWED, "contains-narrowed", CHANGE_NARROWS, CHANGE_E, CHANGE_I, "contains asks for more",            \
      "clients whose lists have too few or too many such items are refused", "nobody breaks")                          \
    C(CONTAINS_WIDENED, "contains-widened", CHANGE_WIDENS, CHANGE_I, CHANGE_E, "contains asks for less",               \
      "nobody breaks", "clients that rely on such an item may not find it")                                            \
    C(CONTAINS_CHANGED, "contains-changed", CHANGE_BOTH, CHANGE_W, CHANGE_W, "contains asks for something else",       \
      "clients whose lists do not have it may be refused", "clients that rely on such an item may not find it")

#define CHANGES_OF_MEMBERS(C)                                                                                          \
    C(PROPERTY_ADDED, "property-added", CHANGE_NARROWS, CHANGE_I, CHANGE_I, "an optional member is new",               \
      "nobody breaks", "nobody breaks")                                                                                \
    C(PROPERTY_DESCRIBED, "property-described", CHANGE_NARROWS, CHANGE_W, CHANGE_I,                                    \
      "a member of an object that had none of its own has a schema now",                                               \
      "clients that sent something else in it are refused", "nobody breaks")                                           \
    C(PROPERTY_ADDED_REQUIRED, "required-property-added", CHANGE_NARROWS, CHANGE_E, CHANGE_I,                          \
      "a required member is new", "clients do not send it and are refused", "nobody breaks")                           \
    C(PROPERTY_ADDED_CLOSED, "property-added-to-closed", CHANGE_WIDENS, CHANGE_I, CHANGE_W,                            \
      "a member is new where no other members were allowed", "nobody breaks",                                          \
      "clients that refuse members they do not know meet one")                                                         \
    C(PROPERTY_REMOVED, "property-removed", CHANGE_WIDENS, CHANGE_W, CHANGE_W, "an optional member is gone",           \
      "what clients send in it has no effect any more", "clients that read it do not get it")                          \
    C(PROPERTY_REMOVED_REQUIRED, "required-property-removed", CHANGE_WIDENS, CHANGE_W, CHANGE_E,                       \
      "a required member is gone", "what clients send in it has no effect any more",                                   \
      "clients that rely on it do not get it")                                                                         \
    C(PROPERTY_REFUSED, "property-refused", CHANGE_NARROWS, CHANGE_E, CHANGE_W,                                        \
      "a member is gone, and others than the listed ones are not allowed", "clients that send it are refused",         \
      "clients that read it do not get it")                                                                            \
    C(PROPERTY_REQUIRED, "property-became-required", CHANGE_NARROWS, CHANGE_E, CHANGE_I, "the member became required", \
      "clients that leave it out are refused", "nobody breaks")                                                        \
    C(PROPERTY_OPTIONAL, "property-became-optional", CHANGE_WIDENS, CHANGE_I, CHANGE_E, "the member became optional",  \
      "nobody breaks", "clients that rely on it may not get it")                                                       \
    C(READ_ONLY, "became-read-only", CHANGE_NARROWS, CHANGE_W, CHANGE_I, "the member became readOnly",                 \
      "what clients send in it has no effect any more, or is refused", "nobody breaks")                                \
    C(NOT_READ_ONLY, "became-not-read-only", CHANGE_WIDENS, CHANGE_I, CHANGE_I, "the member is not readOnly any more", \
      "nobody breaks", "nobody breaks")                                                                                \
    C(WRITE_ONLY, "became-write-only", CHANGE_NARROWS, CHANGE_I, CHANGE_W, "the member became writeOnly",              \
      "nobody breaks", "clients that read it do not get it")                                                           \
    C(NOT_WRITE_ONLY, "became-not-write-only", CHANGE_WIDENS, CHANGE_I, CHANGE_W,                                      \
      "the member is not writeOnly any more", "nobody breaks",                                                         \
      "clients meet a member that they were told to be kept back")                                                     \
    C(PROPERTY_DEPRECATED, "property-deprecated", CHANGE_OTHER, CHANGE_I, CHANGE_I, "became deprecated",               \
      "clients should leave it out", "clients should not read it")                                                     \
    C(PROPERTY_REACTIVATED, "property-reactivated", CHANGE_OTHER, CHANGE_I, CHANGE_I, "is not deprecated any more",    \
      "nobody breaks", "nobody breaks")                                                                                \
    C(ADDITIONAL_CLOSED, "additional-properties-refused", CHANGE_NARROWS, CHANGE_E, CHANGE_I,                          \
      "members that are not listed are not allowed any more", "clients that send others are refused", "nobody breaks") \
    C(ADDITIONAL_OPENED, "additional-properties-allowed", CHANGE_WIDENS, CHANGE_I, CHANGE_W,                           \
      "members that are not listed are allowed now", "nobody breaks",                                                  \
      "clients that refuse members they do not know may meet some")                                                    \
    C(DEPENDENT_ADDED, "dependent-required-added", CHANGE_NARROWS, CHANGE_E, CHANGE_I,                                 \
      "one member asks for another now", "clients that send only the one are refused", "nobody breaks")                \
    C(DEPENDENT_REMOVED, "dependent-required-removed", CHANGE_WIDENS, CHANGE_I, CHANGE_E,                              \
      "one member does not ask for another any more", "nobody breaks", "clients that rely on both may get one")        \
    C(UNEVALUATED_CHANGED, "unevaluated-changed", CHANGE_BOTH, CHANGE_W, CHANGE_W,                                     \
      "what unevaluatedProperties or unevaluatedItems leave over is something else",                                   \
      "clients may send what is not allowed any more", "clients may meet what was not allowed")

#define CHANGES_OF_ALTERNATIVES(C)                                                                                     \
    C(BRANCH_REMOVED, "alternative-removed", CHANGE_NARROWS, CHANGE_E, CHANGE_I, "an alternative is gone",             \
      "clients that send it are refused", "nobody breaks")                                                             \
    C(BRANCH_ADDED, "alternative-added", CHANGE_WIDENS, CHANGE_I, CHANGE_E, "an alternative is new", "nobody breaks",  \
      "clients meet one that they do not know")                                                                        \
    C(GROUP_ADDED, "alternatives-introduced", CHANGE_NARROWS, CHANGE_E, CHANGE_I,                                      \
      "one of several alternatives must match now", "clients whose values match none are refused", "nobody breaks")    \
    C(GROUP_REMOVED, "alternatives-lifted", CHANGE_WIDENS, CHANGE_I, CHANGE_E,                                         \
      "none of several alternatives need match any more", "nobody breaks", "clients meet values that match none")      \
    C(GROUP_TIGHTENED, "alternatives-tightened", CHANGE_NARROWS, CHANGE_E, CHANGE_I,                                   \
      "exactly one alternative must match where any number could", "clients whose values match several are refused",   \
      "nobody breaks")                                                                                                 \
    C(GROUP_LOOSENED, "alternatives-loosened", CHANGE_WIDENS, CHANGE_I, CHANGE_E,                                      \
      "any number of alternatives may match where exactly one could", "nobody breaks",                                 \
      "clients meet values that match several")                                                                        \
    C(ONE_OF_OVERLAP, "one-of-overlap", CHANGE_BOTH, CHANGE_W, CHANGE_W,                                               \
      "alternatives of a oneOf changed, and a value may match several of them",                                        \
      "clients whose values match a second one now may be refused",                                                    \
      "clients may meet values that matched two before, and so none")                                                  \
    C(DISCRIMINATOR_ADDED, "discriminator-added", CHANGE_NARROWS, CHANGE_W, CHANGE_I,                                  \
      "a member says now which alternative is meant", "clients whose values do not say it may be refused",             \
      "nobody breaks")                                                                                                 \
    C(DISCRIMINATOR_REMOVED, "discriminator-removed", CHANGE_WIDENS, CHANGE_I, CHANGE_W,                               \
      "no member says any more which alternative is meant", "nobody breaks",                                           \
      "clients that look at it to choose may not find it")                                                             \
    C(DISCRIMINATOR_CHANGED, "discriminator-changed", CHANGE_BOTH, CHANGE_E, CHANGE_E,                                 \
      "another member says which alternative is meant", "clients say it in the old one and are refused",               \
      "clients that look at the old one to choose do not find it")                                                     \
    C(MAPPING_REMOVED, "discriminator-value-removed", CHANGE_NARROWS, CHANGE_E, CHANGE_I,                              \
      "this value of the discriminator means nothing any more", "clients that send it are refused", "nobody breaks")   \
    C(MAPPING_ADDED, "discriminator-value-added", CHANGE_WIDENS, CHANGE_I, CHANGE_W,                                   \
      "a value of the discriminator is new", "nobody breaks", "clients meet one that they do not know")                \
    C(MAPPING_CHANGED, "discriminator-value-changed", CHANGE_BOTH, CHANGE_E, CHANGE_E,                                 \
      "this value of the discriminator means another alternative", "what clients send with it is refused",             \
      "clients read it as the old one")                                                                                \
    C(NOT_NARROWED, "not-excludes-more", CHANGE_NARROWS, CHANGE_E, CHANGE_I, "not excludes more",                      \
      "clients whose values it excludes now are refused", "nobody breaks")                                             \
    C(NOT_WIDENED, "not-excludes-less", CHANGE_WIDENS, CHANGE_I, CHANGE_E, "not excludes less", "nobody breaks",       \
      "clients meet values that it excluded")                                                                          \
    C(NOT_CHANGED, "not-changed", CHANGE_BOTH, CHANGE_W, CHANGE_W, "not excludes something else",                      \
      "clients whose values it excludes now are refused", "clients meet values that it excluded")                      \
    C(CONDITION_ADDED, "condition-added", CHANGE_NARROWS, CHANGE_E, CHANGE_I, "a condition (if) is new",               \
      "clients whose values do not fulfil it are refused", "nobody breaks")                                            \
    C(CONDITION_REMOVED, "condition-removed", CHANGE_WIDENS, CHANGE_I, CHANGE_E, "a condition (if) is gone",           \
      "nobody breaks", "clients meet values that do not fulfil it")                                                    \
    C(CONDITION_CHANGED, "condition-changed", CHANGE_BOTH, CHANGE_W, CHANGE_W, "a condition (if) is another one",      \
      "clients whose values do not fulfil it may be refused",                                                          \
      "clients may meet values that do not fulfil the old one")                                                        \
    C(REFERENCE_CHANGED, "reference-changed", CHANGE_BOTH, CHANGE_W, CHANGE_W,                                         \
      "a reference that cannot be followed, or that depends on where it is met, is another one",                       \
      "clients may be refused", "clients may meet something else")

enum change_id {
#define CHANGE_ENUM(NAME, id, effect, request, response, what, in_request, in_response) CHANGE_##NAME,
    CHANGES(CHANGE_ENUM)
#undef CHANGE_ENUM
        CHANGE_IDS,
};

const char *change_name(enum change_id id); /* "operation-removed" */
const char *change_what(enum change_id id); /* "the operation is gone" */
unsigned change_effect(enum change_id id);  /* CHANGE_… bits */
enum level change_level(enum change_id id, enum side as);
const char *change_who(enum change_id id, enum side as); /* "clients that call it get an error"; "": it is not met */

/* The page docs/changes.md. */
void change_page(struct buffer *out);

#endif
