/* Keys do not show: where one stands in a request, its variable stands in what is shown of it. */
#ifndef AID_MODEL_HIDE_H
#define AID_MODEL_HIDE_H

#include "base/str.h"
#include "model/provider.h"

#define AID_HIDE_LEAST 4     /* bytes of a key; a shorter one is hidden in headers only, or every text would be full of holes */

/* Appends the name of the variable that stands for M's key: the one its settings name, else "PROVIDER_API_KEY". */
void aid_hide_variable (const struct aid_model *m, struct aid_str *out);
/* Appends TEXT with "$VARIABLE" wherever SECRET (NULL: none) stands, and for AID_HIDE_LEAST bytes or more of its beginning at the
   end of TEXT, which was cut there or goes on. */
void aid_hide_text (struct aid_span text, const char *secret, const char *variable, struct aid_str *out);
/* Takes SECRET (NULL: none), the key of M, out of E's words: a server may have repeated it, and its words may be cut. */
void aid_hide_in_error (const char *secret, const struct aid_model *m, struct aid_error *e);
/* Appends a header's VALUE as it may be shown: without SECRET; and when NAME is that of a credential and it was not
   SECRET alone, a variable made of NAME stands for all of it. */
void aid_hide_header (const char *name, const char *value, const char *secret, const char *variable, struct aid_str *out);
/* Appends URL as it may be shown: without SECRET, and without the values of parameters that hold a credential, and the name and
   password before the host. */
void aid_hide_url (const char *url, const char *secret, const char *variable, struct aid_str *out);

#endif
