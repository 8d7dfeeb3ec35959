/* Only what is compressed at once: a body is in memory. */
#include "export/gzip.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <zlib.h>

#ifdef __APPLE__
#define LIBRARY "libz.1.dylib"
#else
#define LIBRARY "libz.so.1"
#endif

enum
{
  GZIP_WINDOW = 15 + 16, /* 16: with gzip's head */
  MEMORY = 8
};

static struct
{
  __typeof__ (&deflateInit2_) init;
  __typeof__ (&deflate) run;
  __typeof__ (&deflateEnd) end;
  __typeof__ (&deflateBound) bound;
} zlib;

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
load (void)
{
  void *library = dlopen (LIBRARY, RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return;
  /* ISO C knows no cast from an object's to a function's pointer. */
  void *found[4] = { dlsym (library, "deflateInit2_"), dlsym (library, "deflate"), dlsym (library, "deflateEnd"),
                     dlsym (library, "deflateBound") };
  if (!found[0] || !found[1] || !found[2] || !found[3])
    return;
  memcpy (&zlib.run, &found[1], sizeof found[1]);
  memcpy (&zlib.end, &found[2], sizeof found[2]);
  memcpy (&zlib.bound, &found[3], sizeof found[3]);
  memcpy (&zlib.init, &found[0], sizeof found[0]);
}

enum aid_err
aid_gzip (struct aid_span v, struct aid_str *out, struct aid_error *e)
{
  z_stream z = { .next_in = (Bytef *)(uintptr_t)v.ptr, .avail_in = (uInt)v.len };
  pthread_once (&once, load);
  if (!zlib.init)
    return aid_error_set (e, AID_E_IO, "zlib (%s) cannot be loaded: install it, or set the compression to none", LIBRARY);
  if (v.len > UINT32_MAX / 2
      || zlib.init (&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, MEMORY, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                    (int)sizeof z)
           != Z_OK)
    return aid_error_set (e, AID_E_NOMEM, "No memory to compress %zu bytes", v.len);
  size_t room = zlib.bound (&z, v.len);
  enum aid_err err = aid_str_reserve (out, room);
  if (!err)
    {
      z.next_out = (Bytef *)out->ptr + out->len;
      z.avail_out = (uInt)room;
      int done = zlib.run (&z, Z_FINISH) == Z_STREAM_END;
      out->len += room - z.avail_out;
      out->ptr[out->len] = '\0';
      err = done ? AID_OK : AID_E_NOMEM;
    }
  zlib.end (&z);
  return err ? aid_error_set (e, err, "No memory to compress %zu bytes", v.len) : AID_OK;
}
