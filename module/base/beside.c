#include "base/beside.h"

#include <dlfcn.h>
#include <unistd.h>

/* The folder of the program, or of the library, that this code is in. */
static int
own_folder (struct aid_str *out)
{
  Dl_info info;
  char self[4096];
  const char *path = dladdr ((void *)(uintptr_t)own_folder, &info) ? info.dli_fname : NULL;
  if (!path || !aid_span_ends (aid_span_z (path), ".so"))
    {
      ssize_t n = readlink ("/proc/self/exe", self, sizeof self - 1);
      self[n > 0 ? n : 0] = '\0';
      path = n > 0 ? self : path;
    }
  const char *slash = path ? strrchr (path, '/') : NULL;
  return slash && path[0] == '/' && !aid_str_add (out, path, (size_t)(slash - path));
}

int
aid_beside (const char *program, struct aid_str *out)
{
  static const char *const near[] = { "", "../libexec/aid/", "../" };
  struct aid_str dir = AID_STR_INIT (4096);
  int found = 0, look = own_folder (&dir);
  for (size_t i = 0; look && !found && i < sizeof near / sizeof *near; i++)
    {
      aid_str_clear (out);
      aid_str_addf (out, "%s/%s%s", aid_str_z (&dir), near[i], program);
      found = !out->err && access (aid_str_z (out), X_OK) == 0;
    }
  aid_str_free (&dir);
  return found;
}
