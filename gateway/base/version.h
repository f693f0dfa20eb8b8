/* version.h -- the version of the program, in one place. */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#define PLUMBLINE_VERSION "0.1.0"

#endif
