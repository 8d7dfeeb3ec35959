/* Text in a fence of Markdown. */
#ifndef AID_LEARN_FENCE_H
#define AID_LEARN_FENCE_H

#include "base/str.h"

/* Appends TEXT, of LANGUAGE ("": none is said), in a fence that nothing in it ends. */
void aid_fence_add (struct aid_str *out, const char *language, struct aid_span text);

#endif
