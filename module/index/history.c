#include "index/index_internal.h"
enum aid_err aid_history_update (struct aid_index *x, const struct aid_stop *stop, struct aid_error *e){(void)x;(void)stop;(void)e;return AID_OK;}
