/* The cores that are installed side by side in one folder: aid-core-HASH.so, and beside each its manifest aid-core-HASH.txt,

     version 0.1.0
     hash 3f9a1c02b7de
     built 2026-11-30T08:00:00Z        UTC; or when it was installed
     abi 2                             of the loader's interface (loader/host.h)

   The file aid-core names the newest, which is the one that was installed last.  A core is never overwritten, for an Emacs may
   have it mapped.

   This room is linked into the resident loader, too: it needs nothing but libc. */
#ifndef AID_VERSIONS_INSTALLED_H
#define AID_VERSIONS_INSTALLED_H

#include <stddef.h>

#define AID_ABI 2u           /* of what the loader and a core promise each other: loader/host.h */
#define AID_VERSIONS_MAX 64  /* cores of a folder that are looked at */
#define AID_VERSIONS_HASH 65 /* a hash: 6 to 64 lower-case hex digits, and a NUL */
#define AID_VERSIONS_NAME 48 /* a version, and a NUL */
#define AID_VERSIONS_PATH 4096

struct aid_installed
{
  char hash[AID_VERSIONS_HASH];
  char version[AID_VERSIONS_NAME]; /* "" when it has no manifest */
  char built[24];                  /* "" likewise */
  unsigned abi;                    /* 0 likewise */
  int newest;
};

struct aid_installed_list
{
  char folder[AID_VERSIONS_PATH];
  struct aid_installed cores[AID_VERSIONS_MAX]; /* the newest first, then by BUILT, the youngest first */
  size_t n;
};

/* Reads FOLDER into OUT.  What has no manifest is listed only when it is the newest.  0, or -1: there is no such folder,
   or its name is too long. */
int aid_installed_read (const char *folder, struct aid_installed_list *out);
/* The core of the file FILE (".../aid-core-HASH.so"), by its manifest.  0, or -1: it has none. */
int aid_installed_of_file (const char *file, struct aid_installed *out);
/* "FOLDER/aid-core-HASH.so" into OUT of AID_VERSIONS_PATH bytes; 0, or -1 when that is too long. */
int aid_installed_file (const struct aid_installed_list *list, const struct aid_installed *core, char *out);
/* Whether WANT names CORE: its version, the beginning of its hash (6 digits or more), or "VERSION+HASH". */
int aid_installed_is (const struct aid_installed *core, const char *want);
/* The first of LIST that WANT names, or NULL. */
const struct aid_installed *aid_installed_find (const struct aid_installed_list *list, const char *want);
/* The core that this code is part of, as its loader knows it.  To be set once, before any thread asks; until then it is
   none. */
void aid_versions_set_self (const char *version, const char *hash);
/* Whether WANT, as above, names it. */
int aid_versions_runs (const char *want);
/* Versions by their numbers, part by part ("0.10.0" is above "0.9.2"; what follows the numbers is less than nothing:
   "1.0-rc1" is below "1.0"): below, equal or above 0. */
int aid_versions_compare (const char *a, const char *b);

#endif
