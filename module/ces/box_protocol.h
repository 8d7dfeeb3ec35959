/* How a box is asked: aid-box (module/box), the program that keeps one, reads requests from its standard input and answers each
   on its standard output.  Both are of one build; numbers are the machine's own.  When its input ends the box ends.

   usage: aid-box VERSION HOW SECONDS CPU_SECONDS MEGABYTES PROCESSES DISK_MEGABYTES OUTPUT_BYTES LOWER PROGRAMS NICE
   where LOWER may be "", for an empty tree, and PROGRAMS, folders with ':' between them.
   Its first answer, unasked, says whether the box could be made; its text then names what the tree is ("overlay", ...). */
#ifndef AID_CES_BOX_PROTOCOL_H
#define AID_CES_BOX_PROTOCOL_H

#include <stdint.h>

#define AID_BOX_PROTOCOL "3"

enum
{
  AID_BOX_PROGRAMS = 16, /* folders of programs */
  AID_BOX_NAME_MAX = 100 << 10, /* of a path or a line; a program's argument may have 128 KB */
  AID_BOX_TEXT_MAX = 64 << 20
};

enum aid_box_verb
{
  AID_BOX_DO_WRITE, /* NAME: the path, TEXT: what it gets, FLAG: executable */
  AID_BOX_DO_REMOVE,
  AID_BOX_DO_READ, /* its answer's CODE: whether it is executable */
  AID_BOX_DO_RUN,   /* NAME: the line, TEXT: the folder */
  AID_BOX_DO_CANCEL /* ends what runs, if it does; has no answer of its own */
};

/* Then NAME and TEXT, without NUL. */
struct aid_box_request
{
  uint32_t verb, flag, name_len, text_len;
};

/* Then TEXT: an error's sentence, a file's text, or what was printed. */
struct aid_box_answer
{
  int32_t err; /* enum aid_err */
  int32_t end, code, signal, cut;
  uint32_t text_len;
  int64_t ms, cpu_ms;
};

#endif
